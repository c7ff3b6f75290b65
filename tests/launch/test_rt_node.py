"""The real-time node over DDS: in lockstep equal to the in-process component, free-running safe in every mode."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import rclpy
from rcl_interfaces.srv import DescribeParameters, GetParameters, ListParameters, SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter, parameter_value_to_python
from rosgraph_msgs.msg import Clock
from std_srvs.srv import SetBool, Trigger
from support.processes import Processes, executable, wait_for

import inhand_control as ic
from inhand_control.component import PdController
from inhand_core.config import load_config, read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_core.signals import HandAction, HandSensors
from inhand_interfaces.msg import ControllerStatus
from inhand_ros.codecs import Labels, decode, encode, to_ns, to_stamp
from inhand_ros.messages import message_class
from inhand_ros.qos import observer_qos, publisher_qos

SPEC = load_graph("realtime")
COMMAND = [executable("inhand_control/rt_node"), "--ros-args"]
FILES = [word for name in ("hand", "controller") for word in ("--params-file", str(config_file(name)))]
HALL_CHANNELS = read_yaml(config_file("hand"))["hand"]["hall_channel_names"]
HAND = ic.load_hand_tables(config_file("hand"))
PERIOD_NS = 5_000_000


class Bench:
    """Stands in for hand and smoother: publishes readings and actions, keeps what the node publishes."""

    def __init__(self, domain: int, *, lockstep: bool) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("bench", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.received: dict[str, list] = {}
        for topic in ("hand/motor_commands", "joint_states"):
            self._listen(topic, message_class(SPEC.topics[topic].message), observer_qos(latched=lockstep))
        self._listen("controller/status", ControllerStatus, 10)
        self._publishers = {
            topic: self.node.create_publisher(
                message_class(SPEC.topics[topic].message), topic, publisher_qos(SPEC, topic, lockstep)
            )
            for topic in ("hand/sensors", "hand/action")
        }

    def publish(self, topic: str, sequence: int, stamp_ns: int, signal_: HandSensors | HandAction) -> None:
        self._publishers[topic].publish(encode(signal_, stamp_ns, sequence, Labels()))

    def spin(self, seconds: float = 0.0) -> None:
        self.executor.spin_once(timeout_sec=seconds)

    def wait(self, condition: Callable[[], object], what: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        def poll() -> object:
            meanwhile()
            for _ in range(20):
                self.spin(0.002)
            return condition()

        wait_for(poll, 60.0, what)

    def call(self, kind: type, name: str, request: object) -> tuple[bool, str]:
        answer = self.ask(kind, name, request)
        return answer.success, answer.message

    def ask(self, kind: type, name: str, request: object) -> object:
        client = self.node.create_client(kind, name)
        assert client.wait_for_service(30.0), name
        future = client.call_async(request)
        self.executor.spin_until_future_complete(future, timeout_sec=30.0)
        return future.result()

    def close(self) -> None:
        self.node.destroy_node()
        self.context.shutdown()

    def _listen(self, topic: str, kind: type, qos: object) -> None:
        self.received[topic] = []
        self.node.create_subscription(kind, topic, self.received[topic].append, qos)


@pytest.fixture
def bench(domain: int, request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(domain, lockstep=request.param)
    yield bench
    bench.close()


def _reading(angle: float | np.ndarray) -> HandSensors:
    return HandSensors(ic.uncalibrate(HAND, np.broadcast_to(angle, (1, 24))), np.zeros((1, 20)))


def _action(values: np.ndarray) -> HandAction:
    return HandAction(values.reshape(1, 20), np.full((1, 20), -1), np.zeros(1, int))


@pytest.mark.parametrize("bench", [True], indirect=True)
def test_lockstep_equals_the_component_bit_for_bit(bench: Bench, processes: Processes) -> None:
    rng = np.random.default_rng(5)
    readings = [_reading(0.2 + np.cumsum(rng.normal(0, 0.002, 24))) for _ in range(200)]
    actions = [_action(rng.uniform(-1, 1, 20)) for _ in range(13)]
    processes.start("rt_node", [*COMMAND, *FILES, "-p", "lockstep:=true", "-p", "auto_enable:=true"])
    for k, reading in enumerate(readings):
        bench.publish("hand/sensors", k, k * PERIOD_NS, reading)
    for number, action in enumerate(actions[:5]):
        bench.publish("hand/action", number, number * 80_000_000, action)
    commands, joints = bench.received["hand/motor_commands"], bench.received["joint_states"]

    bench.wait(lambda: len(commands) >= 80, "the first 80 commands")
    for _ in range(100):
        bench.spin(0.005)
    assert len(commands) == 80, "reading 80 (0.4 s) has to wait for action 5"
    for number, action in enumerate(actions[5:], start=5):
        bench.publish("hand/action", number, number * 80_000_000, action)
    bench.wait(lambda: len(commands) == len(joints) == 200, "the rest of the commands")

    component = _component()
    for k, reading in enumerate(readings):
        inputs = {"sensors": reading, "action": actions[k // 16]}
        expected = component.step(inputs, 0.0 if k == 0 else 0.005)
        assert (commands[k].sequence, commands[k].sensors_sequence) == (k, k)
        assert to_ns(commands[k].header.stamp) == to_ns(joints[k].header.stamp) == k * PERIOD_NS
        np.testing.assert_array_equal(decode(commands[k]).torque, expected["motor_commands"].torque)
        for name in ("position", "velocity", "effort"):
            np.testing.assert_array_equal(getattr(joints[k], name), getattr(expected["joint_states"], name)[0])
    assert component.controller.mode[0] == ic.Mode.RUNNING


def _component() -> PdController:
    config = load_config(PdController.Config, read_yaml(config_file("controller")))
    return PdController(dataclasses.replace(config, auto_enable=True), row_seeds(0, 1))


class Feed:
    """Readings at the rate of the caller's loop, each with an action; either can be switched off.

    The joints are never still to the count, as those of a hand under torque are not.
    """

    def __init__(self, bench: Bench) -> None:
        self.bench, self.sensors, self.actions = bench, True, True
        self.reading = self.action = 0

    def __call__(self) -> None:
        now = self.bench.node.get_clock().now().nanoseconds
        if self.sensors:
            self.bench.publish("hand/sensors", self.reading, now, _reading(0.1 + 0.005 * (self.reading % 2)))
            self.reading += 1
        if self.actions:
            self.bench.publish("hand/action", self.action, now, _action(np.full(20, 0.3)))
            self.action += 1


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_free_running_goes_through_its_modes(bench: Bench, processes: Processes) -> None:
    # Long time-outs: the feed of this test is no real-time process.
    slow = ["control.sensors_timeout_s:=1.0", "control.action_timeout_s:=2.0", "rt.priority:=1", "rt.io_priority:=0"]
    node = processes.start("rt_node", [*COMMAND, *FILES, *(word for p in slow for word in ("-p", p))])
    feed = Feed(bench)
    status, commands = bench.received["controller/status"], bench.received["hand/motor_commands"]

    def becomes(mode: int) -> None:
        bench.wait(lambda: status and status[-1].mode == mode, f"mode {mode}\n{processes.logs()}", feed)

    becomes(ControllerStatus.DISABLED)
    assert bench.call(SetBool, "controller/enable", SetBool.Request(data=True)) == (True, "enabled")
    becomes(ControllerStatus.RUNNING)
    bench.wait(lambda: any(commands[-1].torque), "torque", feed)
    feed.actions = False
    becomes(ControllerStatus.HOLD)
    feed.sensors = False
    becomes(ControllerStatus.ZERO_TORQUE)
    bench.wait(lambda: not any(commands[-1].torque), "zero torque", feed)  # the status may overtake the commands
    feed.sensors = feed.actions = True
    feed.reading = feed.action = 0  # a restarted producer begins anew
    becomes(ControllerStatus.RUNNING)

    success, message = bench.call(Trigger, "controller/stop", Trigger.Request())
    assert success, message
    becomes(ControllerStatus.STOPPED)
    bench.wait(lambda: not any(commands[-1].torque), "zero torque", feed)
    success, message = bench.call(SetBool, "controller/enable", SetBool.Request(data=True))
    assert not success
    assert "controller/clear" in message
    assert bench.call(Trigger, "controller/clear", Trigger.Request())[0]
    assert bench.call(SetBool, "controller/enable", SetBool.Request(data=True))[0]
    becomes(ControllerStatus.RUNNING)

    numbers = [message.sequence for message in commands]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no command is lost"
    assert (status[-1].holds, status[-1].zero_torques) == (1, 1)
    node.send_signal(signal.SIGINT)
    assert node.wait(20.0) == 0
    bench.wait(
        lambda: status[-1].mode == ControllerStatus.STOPPED or not any(commands[-1].torque), "a last zero torque"
    )


class World:
    """A simulator that waits for the controller: a reading, its command, the next reading, however long that takes."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.reading, self.action, self.time_ns = bench, 0, 0, 1_000 * 10**9
        self.clock = bench.node.create_publisher(Clock, "/clock", 10)
        self.commands, self.status = bench.received["hand/motor_commands"], bench.received["controller/status"]
        listeners = (self.clock, *bench._publishers.values())
        bench.wait(lambda: all(p.get_subscription_count() for p in listeners), "the controller")
        bench.wait(lambda: bench.node.count_publishers("hand/motor_commands"), "the controller's commands")

    def say_time(self) -> None:
        self.clock.publish(Clock(clock=to_stamp(self.time_ns)))

    def run(self, seconds: float, *, act: bool = True, stall: float = 0.0) -> None:
        """So much simulated time; in the middle of it nothing happens for `stall` seconds of wall time."""
        readings = round(seconds * 1e9 / PERIOD_NS)
        for k in range(readings):
            self.time_ns += PERIOD_NS
            if act and self.reading % 16 == 0:
                self.bench.publish("hand/action", self.action, self.time_ns, _action(np.full(20, 0.3)))
                self.action += 1
            number = self.reading
            self.bench.publish("hand/sensors", number, self.time_ns, _reading(0.1 + 0.005 * (self.reading % 2)))
            self.reading += 1
            self.say_time()
            self.bench.wait(lambda n=number: self.commands and self.commands[-1].sensors_sequence == n, "its command")
            if k == readings // 2:
                time.sleep(stall)

    def mode(self) -> int:
        """The controller's mode, in a report made from now on."""
        known = len(self.status)
        self.bench.wait(lambda: len(self.status) > known + 1, "a report", self.say_time)
        return self.status[-1].mode


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_in_simulated_time_wall_time_finds_nothing_but_a_silent_simulator(bench: Bench, processes: Processes) -> None:
    simulated = ["-p", "use_sim_time:=true", "-p", "auto_enable:=true", "-p", "silence_s:=6.0"]
    processes.start("rt_node", [*COMMAND, *FILES, *simulated])
    world = World(bench)
    world.run(0.5, stall=0.6)  # more than both time-outs
    assert world.mode() == ControllerStatus.RUNNING
    first = world.status[-1]
    assert (first.holds, first.zero_torques, first.missed_deadlines) == (0, 0, 0)
    assert [c.sensors_sequence for c in world.commands] == list(range(world.reading)), "one command a reading"
    assert any(world.commands[-1].torque)

    world.time_ns += 15_000_000
    assert world.mode() == ControllerStatus.RUNNING, "the clock went on for less than the sensors' time-out"
    world.time_ns += 10_000_000
    assert world.mode() == ControllerStatus.ZERO_TORQUE
    assert not any(world.commands[-1].torque)
    world.run(0.5, act=True)
    assert world.mode() == ControllerStatus.RUNNING and world.status[-1].zero_torques == 1
    holds = world.status[-1].holds  # until the next action came
    world.run(0.24, act=False)
    assert world.mode() in (ControllerStatus.RUNNING, ControllerStatus.HOLD)
    world.run(0.2, act=False)
    assert world.mode() == ControllerStatus.HOLD and world.status[-1].holds == holds + 1

    end = time.monotonic() + 8.0
    while time.monotonic() < end:  # a paused simulator says again what time it is
        assert world.mode() == ControllerStatus.HOLD
    bench.wait(lambda: world.status[-1].mode == ControllerStatus.ZERO_TORQUE, "the end of a silent simulator's torque")
    assert bench.call(Trigger, "controller/stop", Trigger.Request())[0], "a request is answered though time stands"
    assert world.mode() == ControllerStatus.STOPPED
    assert bench.call(Trigger, "controller/clear", Trigger.Request())[0]  # the latch outlives this controller


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_refused_inputs_are_counted_and_give_no_torque(bench: Bench, processes: Processes) -> None:
    processes.start("rt_node", [*COMMAND, *FILES, "-p", "auto_enable:=true"])
    status = bench.received["controller/status"]
    numbers = iter(range(10**6))

    def feed() -> None:
        k = next(numbers)
        bench.publish("hand/sensors", k, k, _reading(0.1))
        bench.publish("hand/sensors", 10**6 + k, k, _reading(np.nan))
        bench.publish("hand/action", k, k, _action(np.full(20, 1.5)))

    bench.wait(lambda: status and status[-1].refused_nan > 5 and status[-1].refused_range > 5, "refusals", feed)
    assert not any(any(command.torque) for command in bench.received["hand/motor_commands"])


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_parameters_can_be_read_and_not_set(bench: Bench, processes: Processes) -> None:
    processes.start("rt_node", [*COMMAND, *FILES])
    names = bench.ask(ListParameters, "controller/list_parameters", ListParameters.Request()).result.names
    assert {"lockstep", "control.period_s", "hand.kp", "hand.calibration.rh_FFJ1.raw"} <= set(names)
    below = ListParameters.Request(prefixes=["control"])
    shown = bench.ask(ListParameters, "controller/list_parameters", below).result.names
    assert shown == sorted(name for name in names if name.startswith("control."))

    wanted = ["control.period_s", "lockstep", "hand.actuator_names", "rt.cpu", "control.hold", "hand.kp", "nothing"]
    values = bench.ask(GetParameters, "controller/get_parameters", GetParameters.Request(names=wanted)).values
    found = [parameter_value_to_python(value) for value in values]
    tables = read_yaml(config_file("hand"))["hand"]
    assert found == [0.005, False, tables["actuator_names"], -1, "measured_position", tables["kp"], None]
    described = bench.ask(
        DescribeParameters, "controller/describe_parameters", DescribeParameters.Request(names=wanted[:1])
    ).descriptors[0]
    assert (described.name, described.type, described.read_only) == (wanted[0], values[0].type, True)

    change = SetParameters.Request(parameters=[Parameter("lockstep", value=True).to_parameter_msg()])
    result = bench.ask(SetParameters, "controller/set_parameters", change).results[0]
    assert not result.successful
    assert "read-only" in result.reason


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_what_the_system_denies_is_a_warning(bench: Bench, processes: Processes) -> None:
    """Without the rights to real-time priorities and locked memory, pinned to no core, the loop still runs."""
    without_rights = ["setpriv", "--bounding-set", "-sys_nice,-ipc_lock"] if os.geteuid() == 0 else []
    limits = ["prlimit", "--memlock=65536", "--rtprio=0"]
    processes.start("rt_node", [*without_rights, *limits, *COMMAND, *FILES, "-p", "rt.cpu:=1000"])
    status = bench.received["controller/status"]
    bench.wait(lambda: status and status[-1].cycles > 100, "cycles")
    log = processes.log("rt_node")
    for denied in ("priority 20 for messages", "locking memory", "pinning to core 1000", "SCHED_FIFO priority 50"):
        assert f"{denied} denied" in log, log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "missing parameters: .*hand.kp .*lockstep"),
        ([*FILES, "-p", "lock_step:=true"], "unknown parameters: lock_step; known:"),
        ([*FILES, "-p", "control.hold:=grip"], "control.hold: unknown 'grip'; known measured_position, last_target"),
        ([*FILES, "-p", "rt.priority:=0"], "rt.priority must be 1 to 99"),
    ],
)
def test_bad_parameters_end_the_node_with_their_names(domain: int, arguments: list[str], message: str) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2  # it refuses its configuration
    assert re.search(message, done.stderr, re.DOTALL), done.stderr


SLOW = ["control.sensors_timeout_s:=1.0", "control.action_timeout_s:=2.0", "rt.priority:=1", "rt.io_priority:=0"]
SETTINGS = [word for p in SLOW for word in ("-p", p)]


LAUNCHES = itertools.count()


def _start(processes: Processes, claim: str = "", *more: str) -> subprocess.Popen:
    """A controller that enables itself; of a launch of its own unless `claim` names one."""
    claimed = ["-p", f"claim:={claim or f'launch_{next(LAUNCHES)}'}", "-p", "auto_enable:=true"]
    return processes.start("rt_node", [*COMMAND, *FILES, *SETTINGS, *claimed, *more])


def _mode(bench: Bench, feed: Callable[[], None], *modes: int) -> None:
    """Waits for a report of one of these modes that is made from now on."""
    status = bench.received["controller/status"]
    status.clear()
    last = lambda: f"modes {modes}; last {status[-1:]}"  # noqa: E731
    bench.wait(lambda: status and status[-1].mode in modes, last, feed)


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_a_stop_outlives_the_controller_and_its_launch(bench: Bench, processes: Processes) -> None:
    feed = Feed(bench)
    node = _start(processes, "one_launch")
    _mode(bench, feed, ControllerStatus.RUNNING)
    assert bench.call(Trigger, "controller/stop", Trigger.Request())[0]
    for claim in ("one_launch", "another_launch"):
        node.kill()
        node.wait()
        node = _start(processes, claim)
        _mode(bench, feed, ControllerStatus.STOPPED)
        success, message = bench.call(SetBool, "controller/enable", SetBool.Request(data=True))
        assert not success and "controller/clear" in message
        assert not any(bench.received["hand/motor_commands"][-1].torque)
    assert "a person stopped this controller at 20" in processes.log("rt_node")
    assert bench.call(Trigger, "controller/clear", Trigger.Request())[0]
    node.kill()
    node.wait()
    _start(processes, "a_third_launch")
    _mode(bench, feed, ControllerStatus.RUNNING)


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_a_controller_that_died_does_not_come_back_enabled(bench: Bench, processes: Processes) -> None:
    feed = Feed(bench)
    node = _start(processes, "a_launch_of_this_test")
    _mode(bench, feed, ControllerStatus.RUNNING)
    node.kill()
    node.wait()
    _start(processes, "a_launch_of_this_test")
    _mode(bench, feed, ControllerStatus.DISABLED)
    assert "the controller before this one died" in processes.log("rt_node")
    assert bench.call(SetBool, "controller/enable", SetBool.Request(data=True))[0]
    _mode(bench, feed, ControllerStatus.RUNNING)


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_a_second_controller_in_the_domain_does_not_start(bench: Bench, processes: Processes) -> None:
    _start(processes)
    _mode(bench, Feed(bench), ControllerStatus.RUNNING)
    done = subprocess.run([*COMMAND, *FILES], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "held by another controller" in done.stderr and "ROS_DOMAIN_ID" in done.stderr


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_actions_of_another_time_and_forged_numbers_are_refused(bench: Bench, processes: Processes) -> None:
    _start(processes)
    feed, status = Feed(bench), bench.received["controller/status"]
    feed.actions = False
    _mode(bench, feed, ControllerStatus.HOLD)
    stamps = iter([0, 10**9, 2**31 * 10**9 - 10**9] * 200)

    def forge() -> None:
        feed()
        bench.publish("hand/action", feed.action, next(stamps), _action(np.full(20, 1.0)))
        feed.action += 1

    _mode(bench, forge, ControllerStatus.HOLD)
    bench.wait(lambda: status[-1].refused_age > 5, "refusals", forge)
    assert status[-1].mode == ControllerStatus.HOLD
    feed.actions = True
    _mode(bench, feed, ControllerStatus.RUNNING)
    now = bench.node.get_clock().now().nanoseconds
    bench.publish("hand/action", 2**64 - 1, now, _action(np.full(20, 1.0)))
    refused = status[-1].refused_stale
    bench.wait(lambda: status[-1].refused_stale > refused, "the refusal of a forged number", feed)
    assert status[-1].lost_actions < 100


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_a_second_publisher_of_sensors_and_actions_moves_nothing(bench: Bench, processes: Processes) -> None:
    _start(processes)
    feed, status = Feed(bench), bench.received["controller/status"]
    _mode(bench, feed, ControllerStatus.RUNNING)
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=int(os.environ["ROS_DOMAIN_ID"]))
    forger = rclpy.create_node("forger", context=context)
    outlets = {
        topic: forger.create_publisher(
            message_class(SPEC.topics[topic].message), topic, publisher_qos(SPEC, topic, False)
        )
        for topic in ("hand/sensors", "hand/action")
    }

    def forge() -> None:
        feed()
        now = bench.node.get_clock().now().nanoseconds
        for topic, number, signal_ in (
            ("hand/sensors", feed.reading, _reading(0.2)),
            ("hand/action", feed.action, _action(np.full(20, -1.0))),
        ):
            outlets[topic].publish(encode(signal_, now, number + 50, Labels()))

    bench.wait(lambda: status[-1].refused_foreign > 20, "refusals", forge)
    angles = np.array([joint.position for joint in bench.received["joint_states"]])
    assert angles.max() < 0.15, "no reading of the forger's was used"
    forger.destroy_node()
    context.shutdown()


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_readings_that_cannot_be_true_take_the_torque_and_are_named(bench: Bench, processes: Processes) -> None:
    _start(processes)
    feed, status = Feed(bench), bench.received["controller/status"]
    _mode(bench, feed, ControllerStatus.RUNNING)
    channel = HALL_CHANNELS.index("rh_FFJ3")

    def broken() -> None:
        reading = _reading(0.1 + 0.005 * (feed.reading % 2))
        reading.hall[0, channel] = 4095.0
        bench.publish("hand/sensors", feed.reading, bench.node.get_clock().now().nanoseconds, reading)
        feed.reading += 1

    _mode(bench, broken, ControllerStatus.ZERO_TORQUE)
    bench.wait(lambda: not any(bench.received["hand/motor_commands"][-1].torque), "zero torque", broken)
    assert re.search(r"rh_FFJ3 reads 4095 counts, usable are \d+ to \d+", status[-1].doubt), status[-1].doubt
    assert status[-1].refused_doubt > 0
    _mode(bench, feed, ControllerStatus.RUNNING)
    assert status[-1].doubt == ""


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_a_stop_waits_behind_no_other_request(bench: Bench, processes: Processes) -> None:
    """Requests with seconds of work in them, and a stop after them: it is answered before they all are."""
    _start(processes)
    feed = Feed(bench)
    _mode(bench, feed, ControllerStatus.RUNNING)
    ask = bench.node.create_client(GetParameters, "controller/get_parameters")
    stop = bench.node.create_client(Trigger, "controller/stop")
    assert all(client.wait_for_service(30.0) for client in (ask, stop))
    asked = [ask.call_async(GetParameters.Request(names=["hand.kp"] * 1000)) for _ in range(9)]
    answer = stop.call_async(Trigger.Request())
    bench.executor.spin_until_future_complete(answer, timeout_sec=60.0)
    assert answer.result().success
    assert not all(future.done() for future in asked)
    bench.wait(lambda: all(future.done() for future in asked), "answers")
    assert len(asked[-1].result().values) == 1000
    assert bench.call(Trigger, "controller/clear", Trigger.Request())[0]


@pytest.mark.parametrize("bench", [False], indirect=True)
def test_a_request_without_bounds_is_answered_with_nothing(bench: Bench, processes: Processes) -> None:
    _start(processes)
    names = ["hand.kp"] * 20_000
    for kind, name, field in (
        (GetParameters, "get_parameters", "values"),
        (DescribeParameters, "describe_parameters", "descriptors"),
    ):
        assert not getattr(bench.ask(kind, f"controller/{name}", kind.Request(names=names)), field)
