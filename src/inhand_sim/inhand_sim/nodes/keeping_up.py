"""How simulated time runs, as the simulator's node tells it: sim/status and /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rclpy.node import Node

from inhand_interfaces.msg import SimStatus
from inhand_ros import Diagnostics, to_stamp
from inhand_sim.pacing import RealTimeLoop
from inhand_sim.waiting import Gate
from inhand_sim.worlds import Worlds

SLOW = 0.95
"""A warning below this part of the speed asked for."""


class KeepingUp:
    """Publishes sim/status, and writes the diagnostics.

    Args:
        node: the node that publishes.
        loop: that runs the world.
        gate: what it waits for; None: nothing.
    """

    def __init__(self, node: Node, loop: RealTimeLoop, gate: Gate | None) -> None:
        self._publisher = node.create_publisher(SimStatus, "sim/status", 10)
        self._loop, self._gate = loop, gate

    def publish(self, time_ns: int, inboxes: Mapping[str, Any]) -> None:
        """Publishes the status at the simulated time `time_ns`."""
        trial, pace = inboxes["trial"].signal() if "trial" in inboxes else None, self._loop.pace()
        message = SimStatus(
            real_time_factor=pace.factor,
            real_time_factor_total=pace.total,
            speed=pace.speed,
            ticks=pace.ticks,
            missed_ticks=pace.missed,
            paused=pace.paused,
            waits=self._gate is not None,
            waited=pace.waited,
            waiting_for=self._loop.awaited,
            gave_up=0 if self._gate is None else self._gate.gave_up,
            trial_id=0 if trial is None else int(trial.trial_id[0]),
            lost_commands=inboxes["hand/motor_commands"].counter.lost,
        )
        message.header.stamp = to_stamp(time_ns)
        self._publisher.publish(message)

    def report(self, status: Diagnostics, dropped: int, worlds: Worlds) -> None:
        """Adds the same, and what went wrong, to the diagnostics; `dropped` are messages that were not published."""
        pace, gate = self._loop.pace(), self._gate
        status.add("real-time factor", pace.factor)
        status.add("real-time factor since start", pace.total)
        status.add("speed asked for", pace.speed)
        status.add("ticks", pace.ticks)
        status.add("missed ticks", pace.missed)
        status.add("paused", pace.paused)
        status.add("messages dropped before publishing", dropped)
        status.add("bad worlds", worlds.bad_worlds)
        if gate is not None:
            status.add("waited for the graph [s]", pace.waited)
            status.add("waits given up", gate.gave_up)
            if gate.lost:
                status.warn(f"goes on without {', '.join(sorted(gate.lost))}")
        if not pace.paused and pace.factor < SLOW * pace.speed:
            status.warn(f"slower than asked: {pace.factor:.2f} of real time")
        if dropped or worlds.bad_worlds:
            status.warn("messages were dropped" if dropped else "the physics broke down and was reset")
