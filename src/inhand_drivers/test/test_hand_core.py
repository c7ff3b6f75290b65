"""The driver of the hand against the emulated slave, cycle by cycle: when torque flows, and everything that stops it.

Without raw sockets: the process image goes through frames in this process, see `hand_rig`.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hand_rig import IDENTITY, OURS, STATION, TABLES, Rig, at, middle

from inhand_core.claim import claim_number
from inhand_core.config import ConfigError
from inhand_drivers.hand.config import load_driver_config
from inhand_drivers.hand.core import Phase
from inhand_drivers.hand.emulator import memory
from inhand_drivers.hand.emulator.frames import Cmd
from inhand_drivers.hand.layout import DEMAND_MAX
from inhand_drivers.hand.report import pairs, trouble, warnings
from inhand_drivers.hand.tables import DeviceTables, read_tables

TORQUE = np.linspace(-0.5, 0.5, 20) * np.array([load_driver_config().full_scale_torque[n] for n in TABLES.motors])
OTHER = claim_number("other")


@pytest.fixture
def rig() -> Rig:
    """A hand that is driven with `TORQUE`."""
    rig = Rig()
    rig.run(0.1, TORQUE)
    assert rig.core.phase is Phase.OPERATING
    assert rig.hand.demand().any()
    return rig


def test_readings_come_at_their_rate_with_what_the_hand_says() -> None:
    rig = Rig()
    hall, current = middle(TABLES) + np.arange(26), np.linspace(-1.0, 1.0, 20)
    rig.hand.set_sensors(hall, current)
    readings = rig.run(1.0)
    assert abs(len(readings) - 200) <= 2
    assert [reading.sequence for reading in readings] == list(range(len(readings)))
    np.testing.assert_array_equal(readings[-1].hall, hall)
    np.testing.assert_allclose(readings[-1].motor_current, current, atol=5e-4)


def test_torque_reaches_the_motors_within_the_resolution_of_the_demand(rig: Rig) -> None:
    torque = rig.hand.demand() / DEMAND_MAX * rig.full_scale
    assert np.all(np.abs(torque - TORQUE) <= 0.5 * rig.full_scale / DEMAND_MAX + 1e-12)
    assert trouble(rig.core) == "" and rig.core.holding == ""


def test_a_command_is_followed_for_20_ms(rig: Rig) -> None:
    rig.run(0.014)
    assert rig.hand.demand().any()
    rig.run(0.010)
    assert not rig.hand.demand().any()
    assert rig.core.holding == "no fresh command"
    rig.run(0.05, TORQUE)
    assert rig.hand.demand().any()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t[:19], "size"),
        (lambda t: np.where(np.arange(20) == 3, np.nan, t), "not finite"),
        (lambda t: np.where(np.arange(20) == 3, np.inf, t), "not finite"),
        (lambda t: np.where(np.arange(20) == 3, 0.91, t), "out of range"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(rig: Rig, change, reason: str) -> None:
    newest = rig.run(0.01)[-1].sequence
    rig.run(0.1)
    rig.core.command(change(TORQUE), newest + 20, OURS)
    rig.run(0.002)
    assert not rig.hand.demand().any()
    assert rig.core.commands.refused[reason] == 1


@pytest.mark.parametrize("offset", [-5, 1])
def test_a_command_for_other_sensors_is_refused(rig: Rig, offset: int) -> None:
    """From sensors of 25 ms ago, or from sensors that this driver never sent."""
    newest = rig.run(0.1)[-1].sequence
    rig.core.command(TORQUE, newest + offset, OURS)
    rig.run(0.002)
    assert not rig.hand.demand().any()
    assert rig.core.commands.refused["computed from other sensors"] == 1


@pytest.mark.parametrize("claim", ["ours", ""])
def test_a_second_controller_moves_nothing_while_the_first_is_disabled(claim: str) -> None:
    """A second graph computes torques from the real sensors; the driver's own controller says zero."""
    rig = Rig(claim=claim)
    rig.run(0.1, np.zeros(20))
    for _ in range(50):
        (reading,) = rig.run(0.005, np.zeros(20))
        rig.core.command(TORQUE, reading.sequence, OTHER)
        rig.run(0.0)
        assert not rig.hand.demand().any()
    assert rig.core.ownership.refused == 50
    assert f"{OTHER:#x}" in trouble(rig.core)
    assert dict(pairs(rig.core, rig.config, TABLES))["commands refused: another controller"] == 50


def test_the_motors_of_a_dead_controller_are_not_the_next_ones(rig: Rig) -> None:
    """With a claim from the launch, another controller is refused however long the own one is silent."""
    rig = Rig(claim="ours")
    rig.run(0.1, TORQUE)
    rig.run(5.0, TORQUE, OTHER)
    assert not rig.hand.demand().any()
    rig.run(0.1, TORQUE)
    assert rig.hand.demand().any(), "started anew by the same launch, it is followed at once"


def test_a_controller_that_was_started_anew_by_hand_is_followed_after_a_second(rig: Rig) -> None:
    rig.run(0.9, TORQUE, OTHER)
    assert not rig.hand.demand().any()
    rig.run(0.3, TORQUE, OTHER)
    assert rig.hand.demand().any()


def test_each_connection_and_each_cleared_fault_begins_anew(rig: Rig) -> None:
    (first,) = {reading.start for reading in rig.run(0.1)}
    rig.bus.plugged = False
    rig.run(0.5)
    rig.bus.plugged = True
    (second,) = {reading.start for reading in rig.run(1.0)}
    rig.core.clear_faults()
    assert len({first, second, rig.run(0.1)[-1].start}) == 3


def test_a_driver_that_dies_leaves_motors_that_stop_after_20_ms(rig: Rig) -> None:
    rig.clock.now += 0.0205
    assert not rig.hand.demand().any()


def test_a_cable_that_is_pulled_and_put_back_is_driven_on(rig: Rig) -> None:
    last = rig.run(0.01, TORQUE)[-1].sequence
    rig.bus.plugged = False
    rig.clock.now += 0.0205
    assert not rig.hand.demand().any()
    assert rig.run(0.5, TORQUE) == []
    assert rig.core.phase is Phase.SEEKING and "seeking" in trouble(rig.core)
    rig.bus.plugged = True
    readings = rig.run(1.0, TORQUE)
    assert rig.core.phase is Phase.OPERATING and rig.hand.demand().any()
    assert readings[0].sequence == last + 1
    assert rig.core.counts["losses"] == 1


def test_single_lost_frames_do_not_stop_the_hand(rig: Rig) -> None:
    for _ in range(10):
        rig.bus.plugged = False
        rig.run(0.002, TORQUE)
        rig.bus.plugged = True
        rig.run(0.01, TORQUE)
        assert rig.hand.demand().any()
    assert rig.core.counts["losses"] == 0 and rig.core.counts["missed answers"] == 20
    assert dict(pairs(rig.core, rig.config, TABLES))["frames lost"] == 20


def test_the_demand_is_zero_on_a_bus_that_comes_back(rig: Rig) -> None:
    """Longer than `max_missed`, shorter than a loss: the first frames that get through again carry no torque."""
    rig.bus.plugged = False
    rig.run(0.015, TORQUE)
    rig.bus.plugged = True
    rig.run(0.001)
    assert not rig.hand.demand().any()


def test_a_slave_that_falls_out_of_op_is_fetched_back(rig: Rig) -> None:
    rig.bus.send((Cmd.FPWR, at(STATION, memory.AL_CONTROL), b"\x04\x00"))
    rig.run(0.06, TORQUE)
    assert "left OP" in rig.core.problem
    rig.run(1.0, TORQUE)
    assert rig.core.phase is Phase.OPERATING and rig.hand.demand().any()


def test_a_hot_motor_stops_the_hand_until_a_person_clears_it(rig: Rig) -> None:
    rig.hand.heat_up([TABLES.motors.index("rh_FFJ3")], 45.0)
    rig.run(0.01, TORQUE)
    assert warnings(rig.core, rig.config, TABLES) == ["rh_FFJ3 is warm: 75 °C"]
    assert rig.hand.demand().any()
    rig.hand.heat_up([TABLES.motors.index("rh_FFJ3")], 60.0)
    assert rig.run(0.02, TORQUE), "sensors go on"
    assert not rig.hand.demand().any()
    assert rig.core.motors.faults == ["rh_FFJ3: over temperature"]
    assert "rh_FFJ3: over temperature" in trouble(rig.core)
    rig.core.clear_faults()
    rig.run(0.02, TORQUE)
    assert not rig.hand.demand().any(), "still hot"
    rig.hand.heat_up([], 0.0)
    rig.run(0.02, TORQUE)
    assert not rig.hand.demand().any(), "cold again, and not cleared"
    rig.core.clear_faults()
    rig.run(0.02, TORQUE)
    assert rig.hand.demand().any() and trouble(rig.core) == ""


def test_stopping_leaves_no_torque_and_a_slave_in_init(rig: Rig) -> None:
    rig.core.stop()
    assert not rig.hand.demand().any()
    assert rig.bus.read(memory.AL_STATUS, 2) == b"\x01\x00"
    assert rig.run(0.1, TORQUE) == []


def other_calibration() -> DeviceTables:
    """The hand's own tables with one joint's turned around."""
    hall = list(TABLES.hall)
    hall[4] = dataclasses.replace(hall[4], angle=hall[4].angle[::-1])
    return dataclasses.replace(TABLES, hall=tuple(hall), digest="deadbeef")


def swapped_motors() -> DeviceTables:
    """A hand whose first two motors are the other way round."""
    names = (TABLES.motors[1], TABLES.motors[0], *TABLES.motors[2:])
    return dataclasses.replace(TABLES, motors=names)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"slave_tables": other_calibration()}, [TABLES.digest, "EEPROM says deadbeef", "hand.yaml"]),
        ({"slave_tables": swapped_motors()}, ["motor 0 of the slave is rh_WRJ1", "joint map says rh_WRJ2"]),
        (
            {"identity": dataclasses.replace(IDENTITY, serial=2)},
            ["serial of the slave is 0x2", "slave.serial says 0x1"],
        ),
        ({"identity": dataclasses.replace(IDENTITY, vendor_id=2)}, ["vendor_id of the slave is 0x2"]),
        ({"record": False}, ["does not say", f'slave.calibration_digest to "{TABLES.digest}"']),
        ({"slave": {"calibration_digest": "12345678"}}, ["slave.calibration_digest says 12345678"]),
    ],
)
def test_another_hand_stays_in_safe_op_and_the_error_says_why(options: dict, words: list[str]) -> None:
    rig = Rig(**options)
    assert rig.run(1.0, TORQUE) == []
    assert rig.core.phase is Phase.REFUSED
    assert rig.bus.read(memory.AL_STATUS, 2) == b"\x04\x00"
    assert not rig.hand.demand().any()
    for word in words:
        assert word in rig.core.problem


def test_a_hand_without_a_record_is_driven_when_a_person_names_its_calibration() -> None:
    rig = Rig(record=False, slave={"calibration_digest": TABLES.digest})
    assert rig.run(0.5, TORQUE)
    assert rig.hand.demand().any()


def test_joints_where_they_cannot_be_keep_the_hand_in_safe_op() -> None:
    rig = Rig()
    hall = middle(TABLES)
    hall[TABLES.sensors.index("rh_MFJ3")] = 4095.0
    rig.hand.set_sensors(hall, np.zeros(20))
    assert rig.run(0.5) == []
    assert rig.core.phase is Phase.REFUSED
    assert "rh_MFJ3 reads 4095 counts" in rig.core.problem and "rh_MFJ2" not in rig.core.problem


def test_a_stuck_slave_counts_as_missing(rig: Rig) -> None:
    frozen = rig.bus.exchange(bytes(44))
    rig.bus.exchange = lambda outputs: frozen
    rig.run(0.2, TORQUE)
    assert rig.core.phase is Phase.SEEKING
    assert rig.core.parser.refused["repeated"] > 30


def test_garbage_from_the_slave_stops_the_hand(rig: Rig) -> None:
    exchange = rig.bus.exchange
    rig.bus.exchange = lambda outputs: exchange(outputs) and b"\xff" * 158
    rig.run(0.03, TORQUE)
    assert not rig.hand.demand().any()
    assert rig.core.parser.refused["half"] > 10


def test_the_report_names_what_there_is(rig: Rig) -> None:
    found = dict(pairs(rig.core, rig.config, TABLES))
    assert found["phase"] == "in OP" and found["serial"] == 1 and found["cycles"] == 100
    assert found["zero torque because"] == "torque follows commands"
    assert found["rh_FFJ3 [°C, A]"] == "30.0, 0.000"


def test_full_scale_must_cover_the_controllers_limits() -> None:
    config = load_driver_config()
    assert np.all(config.full_scale(TABLES) >= TABLES.torque_limit)
    weak = dataclasses.replace(config, full_scale_torque={**config.full_scale_torque, "rh_FFJ3": 0.5})
    with pytest.raises(ConfigError, match="rh_FFJ3.*below the torque limit"):
        weak.full_scale(TABLES)
    unknown = dataclasses.replace(config, full_scale_torque={**config.full_scale_torque, "rh_XXJ1": 0.5})
    with pytest.raises(ConfigError, match="rh_XXJ1"):
        unknown.full_scale(TABLES)


@pytest.mark.parametrize("change", [{"command_timeout_s": 0.03}, {"max_missed": 21}, {"sensors_rate": 300}])
def test_settings_that_outlast_the_motor_boards_are_refused(change: dict) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))):
        load_driver_config(change)


def test_the_digest_follows_calibration_and_joint_map(tmp_path) -> None:
    text = TABLES.path.read_text()
    for number, (old, new) in enumerate([("1408.0", "1409.0"), ("[0.24,", "[0.25,"), ("rh_WRJ1_A", "rh_WRJ1_C")]):
        assert old in text
        other = tmp_path / f"{number}.yaml"
        other.write_text(text.replace(old, new, 1))
        assert read_tables(str(other)).digest != TABLES.digest
    broken = tmp_path / "broken.yaml"
    broken.write_text("hand: {hall_channel_names: []}")
    with pytest.raises(ConfigError, match="broken.yaml"):
        read_tables(str(broken))
