"""The emulated slave by its frames: addressing, working counters, states, FMMUs, watchdog, EEPROM."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hand_rig import IDENTITY, INPUTS, OUTPUTS, STATION, TABLES, Clock, FrameBus, at

from inhand_drivers.hand.emulator import memory
from inhand_drivers.hand.emulator.device import make_slave
from inhand_drivers.hand.emulator.frames import Cmd, build, results
from inhand_drivers.hand.emulator.hand import DEMAND_TIMEOUT_S
from inhand_drivers.hand.layout import Command, Mode, StatusParser, pack_command
from inhand_drivers.hand.sii import CATEGORY_HAND, SiiError, read, word_reader

STOP = pack_command(Command(1, Mode.STOP, np.zeros(20, int)))


@pytest.fixture
def clock() -> Clock:
    """The slave's time."""
    return Clock()


@pytest.fixture
def bus(clock: Clock) -> FrameBus:
    """A fresh slave that knows its station address."""
    slave, _ = make_slave(IDENTITY, TABLES, clock)
    bus = FrameBus(slave)
    bus.send((Cmd.APWR, at(0, memory.STATION_ADDRESS), struct.pack("<H", STATION)))
    return bus


def torque(counter: int, amount: int) -> bytes:
    """A command frame with the same demand for all motors."""
    return pack_command(Command(counter, Mode.TORQUE, np.full(20, amount)))


def test_a_broadcast_read_counts_slaves_and_joins_their_bits(bus: FrameBus) -> None:
    data, counter = bus.send((Cmd.BRD, at(0, memory.AL_STATUS), b"\x40\x00"))[0]
    assert (data, counter) == (b"\x41\x00", 1)


def test_auto_increment_addresses_the_slave_that_finds_zero_and_counts_up(bus: FrameBus) -> None:
    for position, counted in ((0, 1), (0xFFFF, 0), (1, 0)):
        frame = build([(Cmd.APRD, at(position, 0), bytes(1))])
        assert bus.slave.process(frame)
        assert results(frame)[0][1] == counted
        assert int.from_bytes(frame[18:20], "little") == (position + 1) & 0xFFFF


def test_a_configured_address_belongs_to_one_slave(bus: FrameBus) -> None:
    mine, others = bus.send((Cmd.FPRD, at(STATION, 0x10), bytes(2)), (Cmd.FPRD, at(STATION + 1, 0x10), bytes(2)))
    assert mine == (struct.pack("<H", STATION), 1)
    assert others == (bytes(2), 0)


def test_read_write_commands_count_three(bus: FrameBus) -> None:
    data, counter = bus.send((Cmd.FPRW, at(STATION, memory.STATION_ALIAS), b"\x34\x12"))[0]
    assert (data, counter) == (bytes(2), 3), "the old value comes back"
    assert bus.read(memory.STATION_ALIAS, 2) == b"\x34\x12"


def test_what_is_read_only_stays(bus: FrameBus) -> None:
    before = bus.read(memory.AL_STATUS, 2)
    assert bus.send((Cmd.FPWR, at(STATION, memory.AL_STATUS), b"\x08\x00"))[0][1] == 0
    assert bus.read(memory.AL_STATUS, 2) == before


def test_beyond_the_address_space_nothing_answers(bus: FrameBus) -> None:
    assert bus.send((Cmd.FPRD, at(STATION, memory.SIZE - 1), bytes(2)))[0][1] == 0
    assert bus.send((Cmd.FPWR, at(STATION, memory.SIZE - 1), bytes(2)))[0][1] == 0


def test_answers_carry_the_slaves_mark_and_other_frames_pass_unchanged(bus: FrameBus) -> None:
    frame = build([(Cmd.NOP, 0, bytes(4))])
    assert bus.slave.process(frame) and frame[6] == 0x03
    for wrong in (b"", b"\0" * 60, bytes(build([(Cmd.NOP, 0, bytes(4))]))[:20]):
        untouched = bytearray(wrong)
        assert not bus.slave.process(untouched)
        assert untouched == wrong
    assert bus.slave.counts["refused"] == 3


@pytest.mark.parametrize(
    ("requests", "status", "code"),
    [
        ([2], 2, 0),
        ([4], 0x11, 0x0011),
        ([8], 0x11, 0x0011),
        ([3], 0x11, 0x0013),
        ([7], 0x11, 0x0012),
        ([4, 2], 0x11, 0x0011),
        ([4, 0x12], 2, 0),
        ([2, 4], 0x12, 0x001D),
        ([2, 1], 1, 0),
    ],
)
def test_states_follow_the_rules(bus: FrameBus, requests: list[int], status: int, code: int) -> None:
    """Steps in order, errors with their code, and no step up before an error is acknowledged."""
    for request in requests:
        got = bus.request(request)
    assert got == status
    assert struct.unpack("<H", bus.read(memory.AL_STATUS_CODE, 2))[0] == code


def test_op_needs_outputs(bus: FrameBus) -> None:
    bus.request(2)
    bus.map_process_data()
    assert bus.request(4) == 4
    assert bus.request(8) == 0x14
    bus.exchange(STOP)
    assert bus.request(0x18) == 8


def test_process_data_flows_through_fmmus_and_sync_managers(bus: FrameBus) -> None:
    outputs, inputs = bytes(OUTPUTS.length), bytes(INPUTS.length)
    assert bus.send((Cmd.LRW, 0, outputs + inputs))[0][1] == 0, "nothing is mapped in INIT"
    bus.connect()
    bus.operate(STOP)
    data, counter = bus.send((Cmd.LRW, 0, torque(2, 100) + inputs))[0]
    assert counter == 3
    status = StatusParser().parse(data[OUTPUTS.length :])
    assert status is not None and status.command_counter == 2
    assert bus.send((Cmd.LRD, OUTPUTS.length, inputs))[0][1] == 1
    assert bus.send((Cmd.LWR, 0, torque(3, 100)))[0][1] == 1
    assert bus.send((Cmd.LRD, 1000, inputs))[0][1] == 0


def test_status_frames_take_turns_between_the_halves(bus: FrameBus) -> None:
    bus.connect()
    frames = [StatusParser().parse(bus.exchange(STOP)) for _ in range(4)]
    assert [frame.motors[0] for frame in frames] in ([0, 1, 0, 1], [1, 0, 1, 0])
    assert np.diff([frame.counter for frame in frames]).tolist() == [1, 1, 1]


def test_the_watchdog_takes_the_slave_out_of_op(bus: FrameBus, clock: Clock) -> None:
    bus.connect()
    bus.operate(STOP)
    clock.now += 0.09
    assert bus.fallen() is None
    clock.now += 0.02
    assert bus.fallen() == "AL state 0x14, code 0x001b"
    assert bus.request(8) == 0x14, "not without acknowledging"


def test_motors_stop_20_ms_after_the_last_new_demand(clock: Clock) -> None:
    slave, hand = make_slave(IDENTITY, TABLES, clock)
    bus = FrameBus(slave)
    bus.connect()
    bus.operate(STOP)
    bus.exchange(torque(2, 500))
    np.testing.assert_array_equal(hand.demand(), np.full(20, 500))
    clock.now += 0.9 * DEMAND_TIMEOUT_S
    bus.exchange(torque(2, 500))
    assert hand.demand().any()
    clock.now += 0.2 * DEMAND_TIMEOUT_S
    assert not hand.demand().any(), "a repeated frame is no new demand"
    bus.exchange(torque(3, -500))
    np.testing.assert_array_equal(hand.demand(), np.full(20, -500))
    bus.request(4)
    assert not hand.demand().any(), "outputs are not valid in SAFE_OP"


def test_the_eeprom_says_who_the_hand_is(bus: FrameBus) -> None:
    identity, record = read(bus.eeprom)
    assert identity == IDENTITY
    assert (record.sensors, record.motors, record.calibration) == (TABLES.sensors, TABLES.motors, TABLES.digest)
    assert bus.eeprom(0x7000) == 0xFFFFFFFF


def test_the_eeprom_cannot_be_written(bus: FrameBus) -> None:
    bus.write(memory.EEPROM_CONTROL, struct.pack("<HI", 0x0201, 8))
    assert struct.unpack("<H", bus.read(memory.EEPROM_CONTROL, 2))[0] & 0x2000
    assert read(bus.eeprom)[0] == IDENTITY


def test_an_empty_eeprom_ends_the_search_at_once() -> None:
    assert read(word_reader(b""))[1] is None


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b'{"sensors":[],"sensors":["a"],"motors":[],"calibration":"x"}', "given twice"),
        (b"[" * 1500, "levels deep"),
        (b'{"sensors":[NaN],"motors":[],"calibration":"x"}', "no number of JSON"),
        (b'{"sensors":["\\u001b[2J"],"motors":[],"calibration":"x"}', "no terminal"),
        (b'{"sensors":["\\ud800"],"motors":[],"calibration":"x"}', "no terminal"),
        (b'{"sensors":[1],"motors":[],"calibration":"x"}', "does not hold names"),
        (b"null", "not readable"),
        (b"\xff\xfe{", "not readable"),
    ],
)
def test_a_record_that_cannot_be_meant_is_refused_in_one_line(record: bytes, words: str) -> None:
    record += b"\0" * (len(record) % 2)
    category = struct.pack("<HH", CATEGORY_HAND, len(record) // 2) + record + struct.pack("<HH", 0xFFFF, 0xFFFF)
    with pytest.raises(SiiError, match=words) as error:
        read(word_reader(bytes(128) + category))
    assert str(error.value).isprintable() and len(str(error.value)) < 200
