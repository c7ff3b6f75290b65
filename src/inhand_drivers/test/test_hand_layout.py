"""Process data: sizes and places of the fields, frames there and back, and what the parsers refuse."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from inhand_drivers.hand.layout import (
    COMMAND,
    DEMAND_MAX,
    MOTOR,
    STATUS,
    Command,
    CommandParser,
    Mode,
    MotorFlag,
    Status,
    StatusParser,
    motors_of,
    pack_command,
    pack_status,
)


def status(half: int = 0, **changes: object) -> Status:
    """A status frame with a different number in every field."""
    fields = {
        "counter": 7,
        "command_counter": 65535,
        "motors": motors_of(half),
        "sensors": np.arange(36) * 100,
        "torque": np.arange(-5, 5) * 100,
        "current": np.arange(10) * 0.25 - 1.0,
        "temperature": np.arange(10) * 3.5 + 20.0,
        "flags": np.arange(10) % 2 * int(MotorFlag.NO_DEMAND),
    }
    return Status(**(fields | changes))


@pytest.mark.parametrize("half", [0, 1])
def test_a_status_goes_there_and_back(half: int) -> None:
    sent = status(half)
    got = StatusParser().parse(pack_status(sent))
    assert got is not None
    for name, value in vars(sent).items():
        np.testing.assert_allclose(getattr(got, name), value, atol=1e-9, err_msg=name)


def test_the_halves_are_all_motors_once() -> None:
    assert sorted([*motors_of(0), *motors_of(1)]) == list(range(20))


def test_fields_lie_where_the_documentation_says() -> None:
    frame = pack_status(status())
    assert (len(frame), COMMAND.itemsize) == (158, 44)
    assert struct.unpack_from("<HHH", frame) == (7, 65535, 0)
    assert struct.unpack_from("<36H", frame, 6) == tuple(range(0, 3600, 100))
    assert struct.unpack_from("<hhhH", frame, 78) == (-500, -1000, 200, 0)
    command = pack_command(Command(258, Mode.TORQUE, np.arange(-10, 10)))
    assert command[:6] == bytes([2, 1, 1, 0]) + struct.pack("<h", -10)


@pytest.mark.parametrize("frame", [STATUS, MOTOR, COMMAND])
def test_the_documentation_gives_the_offsets(frame: np.dtype) -> None:
    text = (Path(__file__).parents[3] / "docs/hand-ethercat.md").read_text()
    for name, (_, offset) in frame.fields.items():
        assert f"| {offset} | {name} |" in text


def test_a_command_goes_there_and_back_and_keeps_to_full_scale() -> None:
    demand = np.linspace(-DEMAND_MAX, DEMAND_MAX, 20).astype(int)
    got = CommandParser().parse(pack_command(Command(1, Mode.TORQUE, demand)))
    assert got is not None and got.mode is Mode.TORQUE
    np.testing.assert_array_equal(got.demand, demand)
    with pytest.raises(ValueError, match="1023"):
        pack_command(Command(1, Mode.TORQUE, demand + 1))


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [(4, 2, "half"), (6 + 2 * 25, 4096, "sensor range"), (82, 2001, "temperature range"), (84, 0x20, "unknown flags")],
)
def test_a_status_that_cannot_be_true_is_refused_and_counted(place: int, value: int, reason: str) -> None:
    parser, frame = StatusParser(), bytearray(pack_status(status()))
    assert parser.parse(bytes(frame)) is not None
    struct.pack_into("<H", frame, place, value)
    assert parser.parse(bytes(frame)) is None
    assert parser.parse(bytes(frame)[:-1]) is None
    assert dict(parser.refused) == {reason: 1, "size": 1}


@pytest.mark.parametrize(("place", "value", "reason"), [(2, 2, "mode"), (4, 1024, "demand range")])
def test_a_command_that_cannot_be_meant_is_refused_and_counted(place: int, value: int, reason: str) -> None:
    parser, frame = CommandParser(), bytearray(pack_command(Command(1, Mode.TORQUE, np.zeros(20, int))))
    struct.pack_into("<h", frame, place, value)
    assert parser.parse(bytes(frame)) is None
    assert parser.parse(b"") is None
    assert dict(parser.refused) == {reason: 1, "size": 1}


def test_the_most_negative_demand_is_refused() -> None:
    """|-32768| does not fit 16 bits: a trap for the check of the range."""
    frame = bytearray(STATUS.itemsize)[: COMMAND.itemsize]
    struct.pack_into("<HHh", frame, 0, 1, Mode.TORQUE, -32768)
    parser = CommandParser()
    assert parser.parse(bytes(frame)) is None
    assert dict(parser.refused) == {"demand range": 1}
