"""The hand's driver against the emulated hand in another process: SOEM, a veth pair, EtherCAT frames.

Without raw sockets or virtual interfaces these are skipped; the driver is then tested at process-image level only, by
src/inhand_drivers/test/test_hand_core.py.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_srvs.srv import Trigger
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_drivers.hand.bus import BusError, SoemBus
from inhand_drivers.hand.config import load_driver_config
from inhand_drivers.hand.layout import DEMAND_MAX, Command, Mode, StatusParser, pack_command
from inhand_drivers.hand.tables import read_tables
from inhand_drivers.hand.wire import missing_capability, peer_name
from inhand_interfaces.msg import ControllerStatus, HandSensors, MotorCommands, Trial

MISSING = missing_capability()
pytestmark = pytest.mark.skipif(MISSING is not None, reason=f"process-image level only here: {MISSING}")
LONG = 90.0
SPEC = load_graph("realtime")
TABLES = read_tables()
MOTORS = "sim/hand/motor_commands"
TOPICS = {
    **{name: SPEC.topics[name].message for name in ("hand/sensors", "hand/motor_commands", "hand/action", "trial")},
    "sim/hand/sensors": SPEC.topics["hand/sensors"].message,
    MOTORS: SPEC.topics["hand/motor_commands"].message,
    "controller/status": "inhand_interfaces/msg/ControllerStatus",
    "diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
}
MIDDLE = np.array([np.round(table.raw.mean()) for table in TABLES.hall])


@pytest.fixture(scope="module")
def probe(domain: int) -> Iterator[Probe]:
    """Hears the hand's topics on both sides of the emulator."""
    listener = Probe(domain, TOPICS, ("trial",))
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def interface(domain: int) -> Iterator[str]:
    """Name of a network interface of this module's own; gone afterwards, whatever was killed."""
    name = f"ec{domain}"
    yield name
    subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


@pytest.fixture
def start(processes: Processes, interface: str) -> Callable[..., subprocess.Popen]:
    """Starts `emulate_hand` or `hand_driver` with parameters."""

    def start(program: str, **parameters: object) -> subprocess.Popen:
        given = {"interface": interface, **parameters}
        options = [item for key, value in given.items() for item in ("-p", f"{key.replace('__', '.')}:={value}")]
        return processes.start(program, [executable(f"inhand_drivers/{program}"), "--ros-args", *options])

    return start


@pytest.fixture(scope="module")
def still(probe: Probe) -> Any:
    """The publisher of `sensors`; it stays, since a node that spins must not lose one."""
    return probe.node.create_publisher(HandSensors, "sim/hand/sensors", 50)


@pytest.fixture
def sensors(still) -> Iterator[None]:
    """A simulated hand that stands still, on the emulator's back side."""
    done = threading.Event()

    def publish() -> None:
        number = 0
        while not done.wait(0.005):
            still.publish(HandSensors(hall=MIDDLE, motor_current=np.zeros(20), sequence=number))
            number += 1

    thread = threading.Thread(target=publish)
    thread.start()
    yield
    done.set()
    thread.join()


def hand_status(probe: Probe, wall: float) -> Any:
    """The driver's newest report since a time; None where there is none."""
    found = [s for m in probe.since("diagnostics", wall) for s in m.status if s.hardware_id == "hand"]
    return found[-1] if found else None


def failed(probe: Probe, wall: float, text: str = "") -> bool:
    """Whether the driver's newest report since a time is ERROR, with that text."""
    status = hand_status(probe, wall)
    return status is not None and status.level == DiagnosticStatus.ERROR and text in status.message


def torque_flows(probe: Probe, wall: float) -> bool:
    """Whether the emulated motors have given torque since a time."""
    return any(np.any(message.torque) for message in probe.since(MOTORS, wall))


def motors_rest(probe: Probe, wall: float) -> bool:
    """Whether the newest word of the emulated motors since a time is that they give none."""
    said = probe.since(MOTORS, wall)
    return bool(said) and not np.any(said[-1].torque)


def silent(probe: Probe) -> bool:
    """Whether for half a second no sensors came from the driver, and no torque from the motors that still speak."""
    wall = time.monotonic() - 0.5
    return motors_rest(probe, wall) and not probe.since("hand/sensors", wall) and not torque_flows(probe, wall)


def connected(bus: SoemBus) -> Any:
    """What SOEM finds; None where the emulator is not there yet."""
    try:
        return bus.connect()
    except BusError:
        bus.close()
        return None


def test_soem_finds_the_emulated_hand_and_runs_it(start, processes, probe, sensors, interface: str) -> None:
    start("emulate_hand")
    wait_for(lambda: "a hand answers" in processes.log("emulate_hand"), LONG, processes.logs)
    config = load_driver_config()
    patient = dataclasses.replace(config.slave, watchdog_s=2.0)
    bus = SoemBus(dataclasses.replace(config, interface=interface, slave=patient, receive_timeout_s=0.5))
    try:
        found = wait_for(lambda: connected(bus), LONG, processes.logs)
        assert (found.name, found.identity.serial) == ("Shadow hand, emulated", 1)
        assert found.record.sensors == TABLES.sensors and found.record.calibration == TABLES.digest
        assert "AL state 0x4" in wait_for(bus.fallen, LONG, "its word that it waits in SAFE_OP")
        bus.operate(pack_command(Command(0, Mode.STOP, np.zeros(20, int))))
        parser, demand = StatusParser(), np.arange(20) * 50 - 500
        answers = [bus.exchange(pack_command(Command(n, Mode.TORQUE, demand))) for n in range(1, 200)]
        assert bus.fallen() is None, "in OP"
        good = [parser.parse(data) for data in answers if data is not None]
        assert len(good) > 100 and None not in good
        assert {int(status.motors[0]) for status in good} == {0, 1}
        np.testing.assert_array_equal(good[-1].sensors[:26], MIDDLE)
        torque = demand / DEMAND_MAX * config.full_scale(TABLES)
        wait_for(lambda: any(np.allclose(m.torque, torque) for m in probe.since(MOTORS, 0.0)), LONG, "the torque")
        wait_for(lambda: motors_rest(probe, 0.0), LONG, "motors at rest when no demand comes")
        assert "Sync manager watchdog" in wait_for(bus.fallen, LONG, "the watchdog")
    finally:
        bus.close()


def test_another_calibration_keeps_the_hand_in_safe_op(start, processes, probe, sensors, tmp_path: Path) -> None:
    other = tmp_path / "other_hand.yaml"
    other.write_text(config_file("hand").read_text().replace("1408.0", "1409.0", 1))
    wall = time.monotonic()
    start("emulate_hand")
    start("hand_driver", tables=other)
    wait_for(lambda: "stays in SAFE_OP" in processes.log("hand_driver"), LONG, processes.logs)
    wait_for(lambda: failed(probe, wall, "other_hand.yaml"), LONG, "ERROR in the diagnostics")
    probe.publish("hand/motor_commands", MotorCommands(torque=np.full(20, 0.1)), 10)
    time.sleep(0.5)
    assert not probe.since("hand/sensors", wall)
    assert not torque_flows(probe, wall)
    assert f"EEPROM says {TABLES.digest}" in processes.log("hand_driver")


def test_the_wrong_serial_number_is_named(start, processes, sensors) -> None:
    start("emulate_hand", slave__serial=7)
    start("hand_driver")
    text = "serial of the slave is 0x7, slave.serial says 0x1"
    wait_for(lambda: text in processes.log("hand_driver"), LONG, processes.logs)


def test_a_missing_interface_is_named(start, processes) -> None:
    start("hand_driver", interface="nowhere0")
    wait_for(lambda: "interface 'nowhere0'" in processes.log("hand_driver"), LONG, processes.logs)


@pytest.fixture(scope="module")
def system(launch, probe: Probe, interface: str):
    """The whole graph with the emulated hand in closed loop, running until the module's end."""
    launched = launch(
        "sim.launch.xml", "console:=false", "goal_timeout:=80.0", "emulate:=hand", f"hand_interface:={interface}"
    )
    wait_for(lambda: works(probe), 240.0, lambda: f"a closed loop\n{launched.output[-4000:]}")
    return launched


def works(probe: Probe) -> bool:
    """Whether trial, controller and emulated motors run."""
    trial, status = probe.newest("trial"), probe.newest("controller/status")
    running = trial is not None and status is not None
    running = running and trial.state == Trial.RUNNING and status.mode == ControllerStatus.RUNNING
    return running and torque_flows(probe, time.monotonic() - 1.0)


def test_the_policy_closes_the_loop_over_the_bus(system, probe: Probe) -> None:
    wall = time.monotonic()
    wait_for(lambda: len(probe.since("hand/action", wall)) > 20, LONG, "actions")
    assert torque_flows(probe, wall)
    assert not any(m.hall.tolist() != np.round(m.hall).tolist() for m in probe.since("hand/sensors", wall))
    assert np.all(np.diff([m.sequence for m in probe.since("hand/sensors", wall)]) > 0)


def test_a_pulled_cable_rests_the_hand_marks_the_trial_and_all_goes_on(system, probe: Probe, interface: str) -> None:
    pids = [system.pid(name) for name in ("hand_driver", "emulate_hand", "rt_node", "goal_node")]
    marks = []
    for _ in range(6):
        marks.append(pulled_and_returned(system, probe, interface))
        if marks[-1] == Trial.REASON_INTERRUPTED:
            break
    assert marks[-1] == Trial.REASON_INTERRUPTED, f"how trials ended: {marks}"
    assert pids == [system.pid(name) for name in ("hand_driver", "emulate_hand", "rt_node", "goal_node")]


def pulled_and_returned(system, probe: Probe, interface: str) -> int:
    """Pulls the cable for a while; returns how the running trial ended: on a slow machine the object may drop first."""
    wait_for(lambda: works(probe), LONG, "a closed loop before the cable is pulled")
    running, wall = probe.newest("trial").trial_id, time.monotonic()
    subprocess.run(["ip", "link", "set", peer_name(interface), "down"], check=True)
    wait_for(lambda: motors_rest(probe, wall), LONG, "motors without torque")
    modes = {ControllerStatus.ZERO_TORQUE, ControllerStatus.HOLD}
    wait_for(lambda: modes & {m.mode for m in probe.since("controller/status", wall)}, LONG, "a controller that holds")
    wait_for(lambda: failed(probe, wall), LONG, "ERROR in the diagnostics")
    wait_for(lambda: silent(probe), LONG, "no sensors, and motors at rest")
    ended = wait_for(lambda: endings(probe, wall, running), LONG, lambda: f"a trial's end\n{system.output[-3000:]}")
    subprocess.run(["ip", "link", "set", peer_name(interface), "up"], check=True)
    wait_for(lambda: works(probe) and probe.newest("trial").trial_id > running, LONG, "a new trial, in closed loop")
    return ended[-1]


def endings(probe: Probe, wall: float, first: int) -> list[int]:
    """How trials from number `first` on have ended since a time."""
    return [m.reason for m in probe.since("trial", wall) if m.state == Trial.ENDED and m.trial_id >= first]


def test_a_killed_driver_leaves_motors_at_rest_and_is_replaced(system, probe: Probe) -> None:
    wait_for(lambda: works(probe), LONG, "a closed loop before the kill")
    pid = system.pid("hand_driver")
    os.kill(pid, signal.SIGKILL)
    wall = time.monotonic()
    wait_for(lambda: motors_rest(probe, wall), LONG, "motors without torque")
    wait_for(lambda: system.pid("hand_driver") != pid, LONG, "a new driver")
    wait_for(lambda: works(probe), LONG, lambda: f"a closed loop again\n{system.output[-3000:]}")


def set_hot(probe: Probe, motors: str) -> None:
    """Makes emulated motors too warm, or none with ""."""
    value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=motors)
    answer = probe.call(
        SetParameters, "emulate_hand/set_parameters", parameters=[Parameter(name="hot_motors", value=value)]
    )
    assert answer.results[0].successful


def rests(probe: Probe) -> bool:
    """Whether the sensors go on for half a second from now on, and no torque flows."""
    begun = time.monotonic()
    time.sleep(0.5)
    return bool(probe.since("hand/sensors", begun)) and not torque_flows(probe, begun)


def test_a_hot_motor_stops_the_hand_until_it_is_cleared(system, probe: Probe) -> None:
    wait_for(lambda: works(probe), LONG, "a closed loop before the heat")
    wall = time.monotonic()
    set_hot(probe, "rh_FFJ3")
    text = "rh_FFJ3: over temperature"
    wait_for(lambda: failed(probe, wall, text), LONG, "the fault")
    set_hot(probe, "")
    # Readings from before the fault may still be on their way; without the fault torque would flow for good.
    wait_for(lambda: rests(probe), LONG, "sensors that go on without torque: the fault stays, though the motor cooled")
    assert text in probe.call(Trigger, "hand_driver/clear_faults").message
    wait_for(lambda: works(probe), LONG, "a closed loop again")


def test_a_deactivated_driver_lets_go_and_an_activated_one_goes_on(system, probe: Probe) -> None:
    wait_for(lambda: works(probe), LONG, "a closed loop before")
    change = {"id": Transition.TRANSITION_DEACTIVATE}
    assert probe.call(ChangeState, "hand_driver/change_state", transition=Transition(**change)).success
    wait_for(lambda: silent(probe), LONG, "no sensors, and motors at rest")
    change = {"id": Transition.TRANSITION_ACTIVATE}
    assert probe.call(ChangeState, "hand_driver/change_state", transition=Transition(**change)).success
    wait_for(lambda: works(probe), LONG, "a closed loop again")
