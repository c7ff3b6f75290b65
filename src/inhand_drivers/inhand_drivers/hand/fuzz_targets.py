"""The hand's parsers as targets of `inhand_drivers.fuzz`: process data, EEPROM, frames."""

from __future__ import annotations

import struct
import time

import numpy as np

from inhand_core.fuzzing import Target
from inhand_drivers.hand.emulator import memory
from inhand_drivers.hand.emulator.device import NAME, SYNC_MANAGERS, make_slave, pdos
from inhand_drivers.hand.emulator.frames import Cmd, build
from inhand_drivers.hand.layout import (
    COMMAND,
    STATUS,
    Command,
    CommandParser,
    Mode,
    Status,
    StatusParser,
    motors_of,
    pack_command,
    pack_status,
)
from inhand_drivers.hand.sii import HandRecord, Identity, SiiError, read, word_reader
from inhand_drivers.hand.sii import build as build_sii
from inhand_drivers.hand.tables import read_tables

_IDENTITY = Identity(0x0530, 6, 1, 1)
_ETHERNET = 16  # bytes up to the first datagram


class _Refused(Exception):
    """The input was not taken."""


def layout() -> Target:
    """Status and command frames; each input is given to both parsers, as it is and cut or filled to their size."""
    halves = [
        Status(1, 2, motors_of(half), np.arange(36), np.arange(10), np.ones(10), np.full(10, 30.0), np.zeros(10, int))
        for half in (0, 1)
    ]
    commands = [Command(3, mode, np.arange(20)) for mode in Mode]

    def parse(data: bytes) -> None:
        found = []
        for parser, size in ((StatusParser(), STATUS.itemsize), (CommandParser(), COMMAND.itemsize)):
            found += [parser.parse(data), parser.parse(data[:size].ljust(size, b"\0"))]
        if not any(found):
            raise _Refused

    return Target((*map(pack_status, halves), *map(pack_command, commands)), parse, (_Refused,))


def eeprom() -> Target:
    """Whole EEPROMs, read as a driver reads them."""
    tables = read_tables()
    record = HandRecord(tables.sensors, tables.motors, tables.digest)
    seeds = tuple(
        build_sii(NAME, _IDENTITY, SYNC_MANAGERS, *pdos(tables), r).rstrip(b"\xff") + b"\xff" * 8
        for r in (record, None)
    )
    return Target(seeds, lambda data: read(word_reader(data)), (SiiError,))


def slave() -> Target:
    """Frames, to one slave that keeps what earlier ones did to it."""
    target, _ = make_slave(_IDENTITY, read_tables(), time.monotonic)
    physical = {Cmd.APRD: 0, Cmd.APWR: 0, Cmd.FPRD: 0x1001, Cmd.BRD: 0, Cmd.BRW: 0, Cmd.FRMW: 0x1001}
    places = (memory.STATION_ADDRESS, memory.AL_CONTROL, memory.EEPROM_CONTROL, memory.FMMU, memory.SYNC_MANAGER)
    data = struct.pack("<HHBBHBBB", 0x1000, 44, 0x64, 0, 1, 0, 0, 0)
    items = [(command, node | place << 16, data) for command, node in physical.items() for place in places]
    logical = [(command, 0, bytes(202)) for command in (Cmd.LRW, Cmd.LRD, Cmd.LWR)]
    frames = tuple(bytes(build([first, second])) for first, second in zip(items, [*items[1:], *logical]))

    def parse(data: bytes) -> None:
        frame = bytearray(data)
        answered = target.process(frame)
        if len(frame) != len(data) or (not answered and frame != data):
            raise AssertionError("a refused frame was changed, or a frame changed its length")
        if not answered:
            raise _Refused

    return Target((*frames, *(bytes(build([item])) for item in logical)), parse, (_Refused,), _right_length)


def _right_length(data: bytes) -> bytes:
    """The same with an EtherCAT type, and a length that fits."""
    if len(data) < _ETHERNET:
        return data
    size = min(len(data) - _ETHERNET, 0x7FF) | 0x1000
    return data[:12] + b"\x88\xa4" + struct.pack("<H", size) + data[_ETHERNET:]
