"""Whether the machine has cores to spare, and how fast a simulation runs that is there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from inhand_bringup.doctor.finding import OK, WARNING, Finding, ask
from inhand_core.machine import by_name, load, name_of, read_usage, shares, usable_cores

LOOK_S = 0.5
CORES = 2
"""The whole system needs this many, with the page open; on fewer, simulated time is slow."""
BUSY = 0.5
"""Part of the cores that others may use before it is a warning."""
SLOW = 0.95
SIMULATOR = "sim_node"
LISTEN = """
import json, time, rclpy
from inhand_interfaces.msg import SimStatus
rclpy.init()
node, heard = rclpy.create_node("doctor_listens"), []
node.create_subscription(SimStatus, "sim/status", heard.append, 10)
end = time.monotonic() + 5.0
while not heard and time.monotonic() < end:
    rclpy.spin_once(node, timeout_sec=0.2)
last = heard[-1] if heard else None
print(json.dumps([last.real_time_factor, last.speed, last.paused, last.waits] if last else None))
"""


def check() -> Iterator[Finding]:
    """Who uses the cores now, and, where a simulation runs, at which factor."""
    before = read_usage()
    time.sleep(LOOK_S)
    used = shares(before, read_usage())
    yield judge_load(usable_cores(), load(), by_name(used))
    if any(name_of(pid) == SIMULATOR for pid in used):
        answer = ask(LISTEN)
        yield judge_simulation(json.loads(answer.text) if answer.done and answer.text else None)


def judge_load(cores: int, waiting: float, used: dict[str, float]) -> Finding:
    """What the cores are used for.

    Args:
        cores: that may be used.
        waiting: the load: processes that ran or wanted to, on average over the last minute.
        used: cores by program, the busiest first.
    """
    text = f"{cores} cores, load {waiting:.1f}"
    busiest = ", ".join(f"{name} {share:.2f}" for name, share in list(used.items())[:4] if share >= 0.05)
    text += f"; busiest: {busiest}" if busiest else ""
    remedy = "close what else uses the cores; a simulation only gets slow, a real hand misses deadlines"
    if sum(used.values()) > BUSY * cores or waiting > cores:
        return Finding(WARNING, text, remedy)
    if cores < CORES:
        return Finding(WARNING, text, f"use {CORES} cores or more; on fewer a simulation runs slower than real time")
    return Finding(OK, text)


def judge_simulation(status: list | None) -> Finding:
    """The simulation that runs here: real-time factor, speed asked for, whether paused, whether it waits."""
    if status is None:
        return Finding(WARNING, "a simulator runs here and is not heard", "is ROS_DOMAIN_ID the one of its terminal?")
    factor, speed, paused, waits = status
    text = f"a simulation runs at {factor:.2f} of real time, {f'{speed:g} asked for' if speed else 'as fast as it can'}"
    if paused:
        return Finding(OK, "a simulation is paused")
    if factor < SLOW * speed:
        only = "nothing is wrong but its speed: " if waits else ""
        return Finding(WARNING, text, f"{only}close what else uses the cores, or start it with console:=false")
    return Finding(OK, text)
