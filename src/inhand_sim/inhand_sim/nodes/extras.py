"""What the simulator's node publishes besides the devices' topics: clock, true object pose, markers, snapshots."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rclpy.logging import get_logging_directory
from rosgraph_msgs.msg import Clock

from inhand_core.claim import Ownership
from inhand_core.signals import ObjectPose, Signal
from inhand_interfaces.msg import Markers as MarkersMessage
from inhand_interfaces.msg import ObjectPose as ObjectPoseMessage
from inhand_ros import Diagnostics, Labels, encode, to_stamp
from inhand_ros.parameters import declare_claim
from inhand_sim.nodes.snapshots import Snapshot, Snapshots
from inhand_sim.worlds import Worlds

COMMANDS = "hand/motor_commands"
CLOCK_PERIOD_NS, TRUTH_PERIOD_NS = 10_000_000, 40_000_000
TICKS_DEPTH = 50
MARKERS_DEPTH = 240  # one second: whoever is held up on a busy machine still gets every frame


class Extras:
    """Publishers of /clock, sim/tick, sim/object_pose, sim/markers and sim/state.

    sim/tick is /clock at every tick, for emulated devices' drivers; it is published while somebody listens.

    sim/markers is what an emulated motion capture looks at: the markers' true places, hidden ones as lost, without the
    links' noise and loss. It is published while somebody listens.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._ownership = Ownership(declare_claim(node), time.monotonic)
        self._clock = node.create_publisher(Clock, "/clock", 10)
        self._tick = node.create_publisher(Clock, "sim/tick", TICKS_DEPTH)
        self._truth = node.create_publisher(ObjectPoseMessage, "sim/object_pose", 10)
        self._markers = node.create_publisher(MarkersMessage, "sim/markers", MARKERS_DEPTH)
        self._labels = Labels(source="truth", frame_prefix=node.frame_prefix)
        self._snapshots = Snapshots(node, node.frame_prefix)
        self._truths, self._frames, self.time_ns, self._clock_ns = 0, 0, 0, 0

    def admits(self, topic: str, message: Any) -> bool:
        """Whether a message may be taken: motor commands are, from one controller alone."""
        return topic != COMMANDS or self._ownership.admits(message.claim)

    def truth(self, time_ns: int, worlds: Worlds, outputs: Mapping[str, Signal]) -> list[Signal | Snapshot]:
        """What is true and due: pose, snapshot, markers with each frame; to be called where the worlds are stepped."""
        found: list[Signal | Snapshot] = []
        if time_ns % TRUTH_PERIOD_NS == 0:
            truth = worlds.truth()
            found.append(ObjectPose(truth.object_position, truth.object_orientation, np.ones(1, bool), np.zeros(1)))
        if "mocap/markers" in outputs and self._markers.get_subscription_count() and worlds.markers is not None:
            found.append(worlds.markers)
        snapshot = self._snapshots.take(time_ns, worlds)
        return found if snapshot is None else [*found, snapshot]

    def publish_tick(self, time_ns: int) -> None:
        """Says that it is `time_ns`, before anything that has that stamp, so that no driver dates it back."""
        if self._tick.get_subscription_count():
            self._tick.publish(Clock(clock=to_stamp(time_ns)))

    def publish(self, time_ns: int, truth: list[Signal | Snapshot]) -> None:
        """Publishes the truth, and the clock when it is due."""
        self.time_ns = time_ns
        for signal in truth:
            if isinstance(signal, ObjectPose):
                self._truth.publish(encode(signal, time_ns, self._truths, self._labels))
                self._truths += 1
            elif isinstance(signal, Snapshot):
                self._snapshots.publish(time_ns, signal)
            else:
                self._markers.publish(encode(signal, time_ns, self._frames, self._labels))
                self._frames += 1
        if time_ns % CLOCK_PERIOD_NS == 0:
            self._clock_ns = time_ns
            self._clock.publish(Clock(clock=to_stamp(time_ns)))

    def repeat_clock(self) -> None:
        """Publishes the clock once more: time stands, and this process lives."""
        if self._clock_ns:
            self._clock.publish(Clock(clock=to_stamp(self._clock_ns)))

    def save_bad_states(self, worlds: Worlds) -> None:
        """Writes the states before the physics broke down to files in the log folder, and says so."""
        for bad in worlds.take_bad_states():
            path = Path(get_logging_directory()) / f"bad_state_{self.time_ns}.npz"
            np.savez(path, state=bad.before, drive=bad.drive)
            self._node.get_logger().error(f"the physics broke down; the state before is in {path}")

    def report(self, status: Diagnostics) -> None:
        """Adds who else commands the motors."""
        status.add("commands refused: another controller", self._ownership.refused)
        if trouble := self._ownership.trouble:
            status.error(trouble)
