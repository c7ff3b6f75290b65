"""What is done to the system. A case returns what was seen or raises `Lost`; then the system has to run again."""

from __future__ import annotations

import copy
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
from rcl_interfaces.srv import GetParameters
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool, Trigger

from inhand_bench.faults.disk import full_disk
from inhand_bench.faults.system import LIMIT_S, MODES, STILL, System, program, require
from inhand_core.paths import config_file
from inhand_core.signals import HandAction, HandSensors, MotorCommands
from inhand_core.times import NANOSECONDS
from inhand_interfaces.msg import ControllerStatus
from inhand_ros.codecs import Labels, encode, to_ns, to_stamp
from inhand_ros.one_publisher import BEGIN_S

LASTS_S = 5.0
"""For this long a stranger speaks at least [s]."""
UNGUARDED = {"hand/motor_commands", "joint_states"}
"""Streams that this case leaves out: commands have a claim and a case of their own, and joint states only reach weights
that use them."""
SAFE = {ControllerStatus.HOLD, ControllerStatus.ZERO_TORQUE, ControllerStatus.DISABLED, ControllerStatus.STOPPED}
Case = Callable[[System], str]


def kill(program: str, system: System) -> str:
    """SIGKILL to a node: the hand is safe, launch starts it again."""
    pid, then = system.pid(program), time.monotonic()
    os.kill(pid, signal.SIGKILL)
    gone = system.wait(lambda: system.pid(program) != pid, f"new {program}")
    if program == "rt_node":
        system.wait_for_mode(ControllerStatus.DISABLED)
        require(not system.modes(time.monotonic() - 0.5) - {ControllerStatus.DISABLED}, "it came back enabled")
        back = system.run()
    else:
        back = system.wait_for_mode(ControllerStatus.RUNNING)
    seen = ", ".join(sorted(MODES[mode].lower() for mode in system.modes(then) & SAFE)) or "no interruption"
    return f"{seen}; restarted after {gone:.1f} s, running {back:.1f} s later"


def freeze(program: str, system: System, modes: Set[int] = SAFE) -> str:
    """SIGSTOP until one of the modes comes and two seconds more: what it gives is missed, nothing old is followed
    afterwards."""
    pid, then = system.pid(program), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    try:
        safe = system.wait(lambda: system.modes(then + 0.2) & modes, " or ".join(MODES[mode] for mode in sorted(modes)))
        time.sleep(2.0)
    finally:
        os.kill(pid, signal.SIGCONT)
    back = system.wait_for_mode(ControllerStatus.RUNNING)
    return f"safe within {safe:.2f} s, running {back:.1f} s after it went on"


def stop(system: System) -> str:
    """A person's stop outlives the controller, and only a person's clear ends it."""
    require(system.call("controller/stop").success, "stop was refused")
    resting_ns = system.without_torque(ControllerStatus.STOPPED)
    pid, then = system.pid("rt_node"), time.monotonic()
    os.kill(pid, signal.SIGKILL)
    system.wait(lambda: system.pid("rt_node") != pid, "new rt_node")
    system.wait_for_mode(ControllerStatus.STOPPED)
    require(not system.call("controller/enable", SetBool, data=True).success, "enable undid the stop")
    time.sleep(1.0)
    require(not system.modes(then) - {ControllerStatus.STOPPED}, "it was not stopped all the time")
    require(system.torque(resting_ns) < STILL, f"motors with {system.torque(resting_ns):.2f} A")
    system.run()
    return "stopped after a kill, enable refused, cleared by hand"


def flood(system: System) -> str:
    """Thousands of actions from a stranger, requests with seconds of work; and a stop among them."""
    number, before = itertools.count(10**6), system.status().refused_foreign
    enable = system.node.create_client(SetBool, "controller/enable")
    ask = system.node.create_client(GetParameters, "controller/get_parameters")
    halt = system.node.create_client(Trigger, "controller/stop")
    require(all([c.wait_for_service(10.0) for c in (enable, ask, halt)]), "a service is missing")
    with system.publisher("hand/action") as outlet:
        for _ in range(4000):
            outlet.publish(action(1.0, system.node.get_clock().now().nanoseconds, next(number)))
        requests = [ask.call_async(GetParameters.Request(names=["hand.kp"] * n)) for n in [1000] * 8 + [20_000]]
        requests += [enable.call_async(SetBool.Request(data=True)) for _ in range(8)]
        begun = time.monotonic()
        answer = halt.call_async(Trigger.Request())
        system.wait(answer.done, "answer to stop")
        took, behind = time.monotonic() - begun, sum(not request.done() for request in requests)
        system.wait_for_mode(ControllerStatus.STOPPED)
        system.wait(lambda: all(request.done() for request in requests), "answers")
        refused = system.status().refused_foreign - before
    require(refused > 0, "no message of the stranger was refused")
    system.run()
    return f"{refused} refused; stop answered after {1e3 * took:.0f} ms, {behind} requests behind it"


@contextmanager
def without_policy(system: System) -> Iterator[None]:
    """The policy silent, so that the hand holds and moves only if it believes what is forged."""
    pid = system.pid("policy_node")
    os.kill(pid, signal.SIGSTOP)
    try:
        system.wait_for_mode(ControllerStatus.HOLD)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def action(value: float, stamp_ns: int, number: int) -> Any:
    """An action, all coordinates alike."""
    signal_ = HandAction(np.full((1, 20), value), np.full((1, 20), -1), np.zeros(1, int))
    return encode(signal_, max(stamp_ns, 0), number, Labels())


def forge_actions(system: System) -> str:
    """Values that are none, stamps of other times, forged numbers, and actions as they should be: none is followed.

    On both topics of actions, while the policy is frozen: a publisher that says nothing is not replaced by another.
    """
    names = ("hand/action", "policy/action")
    with system.publisher(names[0]) as first, system.publisher(names[1]) as second, without_policy(system):
        now = to_ns(system.newest("hand/sensors").header.stamp)
        then, before = time.monotonic(), system.status()
        forged = [(value, now, 10**7) for value in (np.nan, np.inf, -np.inf, 1.01, 1e300)]
        times = (0, now - 60 * NANOSECONDS, now + 3600 * NANOSECONDS)
        forged += [(1.0, stamp, number) for stamp, number in itertools.product(times, (10**8, 2**64 - 1))]
        for values, outlet in itertools.product(forged, (first, second)):
            outlet.publish(action(*values))
        for number in range(10**9, 10**9 + 60):
            now = to_ns(system.newest("hand/sensors").header.stamp)
            for outlet in (first, second):
                outlet.publish(action(0.5, now, number))
            time.sleep(0.08)
        system.wait(lambda: all(strangers(system, then, names)), "error that names the stranger")
        after = system.status()
        require(ControllerStatus.RUNNING not in system.modes(then), "a forged action was followed")
        require(after.lost_actions < 10**6, f"{after.lost_actions} lost actions were counted")
    system.wait_for_mode(ControllerStatus.RUNNING)
    return f"held; {after.refused_foreign - before.refused_foreign} of a second publisher refused"


def strangers(system: System, then: float, topics: Iterable[str]) -> list[bool]:
    """Whether errors in the diagnostics since then name this node as a second publisher, by topic."""
    said = [text for text in system.errors(then, "/fault_campaign") if "publish" in text]
    return [any(f"{topic}: " in text or f"{topic} has " in text for text in said) for topic in topics]


def forge_streams(system: System) -> str:
    """All that the graph's nodes say, said once more by a stranger, as a second graph's nodes or a bag that is played
    would: the system goes on as if it were not there, and every stream is named.

    It comes once the others have been there for long: of two from the beginning none is followed.
    """
    topics = sorted({topic for c in system.spec.components for topic in c.inputs.values()} - UNGUARDED)
    time.sleep(BEGIN_S + 1.0)
    then = time.monotonic()
    with ExitStack() as stack:
        outlets = {topic: stack.enter_context(system.publisher(topic)) for topic in topics}
        while time.monotonic() < then + LASTS_S or not all(strangers(system, then, topics)):
            require(time.monotonic() < then + LIMIT_S, f"not named: {unnamed(system, then, topics)}")
            now = to_ns(system.newest("hand/sensors").header.stamp)
            for topic, outlet in outlets.items():
                if (message := system.newest(topic)) is not None:
                    outlet.publish(altered(message, now))
            time.sleep(0.02)
        system.wait_for_mode(ControllerStatus.RUNNING)
        require(not system.modes(then) - {ControllerStatus.RUNNING, ControllerStatus.HOLD}, "torque was interrupted")
    return f"{len(topics)} streams refused and named, the system ran on"


def altered(message: Any, stamp_ns: int) -> Any:
    """A message as another publisher would have it: later numbers, and now."""
    other = copy.deepcopy(message)
    other.header.stamp = to_stamp(stamp_ns)
    other.sequence = message.sequence + 10**4
    return other


def unnamed(system: System, then: float, topics: list[str]) -> list[str]:
    """Topics whose second publisher no diagnostics have named."""
    return [topic for topic, named in zip(topics, strangers(system, then, topics)) if not named]


def forge_sensors(system: System) -> str:
    """A second publisher of sensors, with broken wires and leaps and higher numbers: refused."""
    newest, before = system.newest("hand/sensors"), system.status().refused_foreign
    with system.publisher("hand/sensors") as outlet:
        for k, counts in zip(range(300), itertools.cycle((0.0, 4095.0, 2000.0))):
            signal_ = HandSensors(np.full((1, 26), counts), np.zeros((1, 20)), np.array([newest.start + 7]))
            outlet.publish(encode(signal_, to_ns(newest.header.stamp), newest.sequence + 10**5 + k, Labels()))
            time.sleep(0.005)
        system.wait(lambda: system.status().refused_foreign > before, "refusal")
    system.wait_for_mode(ControllerStatus.RUNNING)
    return f"{system.status().refused_foreign - before} refused, the controller ran on"


def forge_torques(system: System) -> str:
    """Motor commands of others, unsigned and signed, while the own controller is disabled: the motors rest."""
    with system.publisher("hand/motor_commands") as outlet:
        resting_ns, then = system.rest(), time.monotonic()
        for k in range(400):
            newest = system.since("hand/sensors", time.monotonic() - 1.0)
            stamp = to_ns(newest[-1].header.stamp) if newest else 0
            outlet.publish(encode(MotorCommands(np.full((1, 20), 0.3)), stamp, k, Labels(claim=(0, 12345)[k % 2])))
            time.sleep(0.005)
        system.wait(lambda: system.errors(then, "publishes motor commands too"), "error in the diagnostics")
        require(system.torque(resting_ns) < STILL, f"the motors followed: {system.torque(resting_ns):.2f} A")
        refused = system.call("controller/enable", SetBool, data=True)
        require(not refused.success, "enabled beside another publisher of motor commands")
    system.run()
    return "motors at rest, an error in the diagnostics, enable refused until they were alone"


def blackout(system: System) -> str:
    """The simulator stands still, its sensors, markers and clock with it: zero torque by wall time, then a soft start.

    A pause would be no blackout: the simulator goes on to say what time it is, and in that time nothing is missing.
    """
    return freeze("sim_node", system, {ControllerStatus.ZERO_TORQUE})


def clock_step(system: System) -> str:
    """/clock leaps by an hour and back, as a stepped clock does: the hand holds and goes on."""
    now, then = to_ns(system.newest("hand/sensors").header.stamp), time.monotonic()
    with system.publisher("/clock", Clock) as outlet:
        for offset, k in itertools.product((3600, -3600), range(100)):
            outlet.publish(Clock(clock=to_stamp(now + offset * NANOSECONDS + k * 10_000_000)))
            time.sleep(0.005)
    system.wait(lambda: all(strangers(system, then, ["clock"])), "error that names the stranger")
    back = system.wait_for_mode(ControllerStatus.RUNNING)
    require(system.status().lost_actions < 10**6, f"{system.status().lost_actions} lost actions were counted")
    return f"running {back:.1f} s after the last leap"


def second_graph(system: System) -> str:
    """Another launch is refused; a controller that is started past it moves nothing while the own one is disabled."""
    done = subprocess.run(
        ["ros2", "launch", "inhand_bringup", "sim.launch.xml", "console:=false"],
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=120.0,
        check=False,
    )
    require(done.returncode != 0, "a second launch started")
    require("has a graph already" in done.stdout + done.stderr, f"it did not say why: {done.stderr[-300:]}")
    resting_ns, then = system.rest(), time.monotonic()
    files = [word for name in ("hand", "controller") for word in ("--params-file", str(config_file(name)))]
    rest = ["-p", "auto_enable:=true", "-r", "__node:=other_controller", "-r", "controller/status:=other/status"]
    command = [program("inhand_control", "rt_node"), "--ros-args", *files, *rest]
    other = system.start("other", command, INHAND_STATE_DIR=str(system.folder / "other"))
    try:
        system.wait(lambda: system.errors(then, "publishers"), "error in the diagnostics")
        system.wait(lambda: max(torques_of(system, then)) > 0.0, "torque that the other one asks for")
        time.sleep(2.0)
        require(system.torque(resting_ns) < STILL, f"the motors followed: {system.torque(resting_ns):.2f} A")
    finally:
        other.send_signal(signal.SIGINT)
        other.wait(30.0)
    system.run()
    asked = sum(torque > 0.0 for torque in torques_of(system, then))
    return f"the second launch refused; {asked} foreign torques refused, motors at rest"


def torques_of(system: System, then: float) -> list[float]:
    """Largest torque of each motor command since then [N m]; the own ones among them."""
    return [0.0, *(max(map(abs, message.torque)) for message in system.since("hand/motor_commands", then))]


NODES = ("sim_node", "tracker_node", "goal_node", "policy_node", "smoother_node", "rt_node")
CASES: dict[str, Case] = {
    **{f"kill {name}": partial(kill, name) for name in (*NODES, "recorder_node", "monitor_node")},
    **{
        f"freeze {name}": partial(freeze, name) for name in ("sim_node", "tracker_node", "policy_node", "smoother_node")
    },
    "stop": stop,
    "flood": flood,
    "forged actions": forge_actions,
    "forged sensors": forge_sensors,
    "forged streams": forge_streams,
    "forged torques": forge_torques,
    "blackout": blackout,
    "full disk": full_disk,
    "clock step": clock_step,
    "second graph": second_graph,
}
SHORT = ("kill rt_node", "stop", "forged actions", "forged streams", "forged torques", "blackout", "second graph")
"""The cases of the short form: about a minute of the hand's own safety."""
