"""A small EtherCAT master in this process: the driver's bus without wires, for tests without raw sockets.

Every access is a frame that the emulated slave works on, so what is tested is the slave's protocol and the driver's use
of the process image; what is not is SOEM and the network.
"""

from __future__ import annotations

import dataclasses
import logging
import struct
from collections import Counter
from typing import Any

import numpy as np

from inhand_core.claim import claim_number
from inhand_drivers.hand.bus import BusError, Found
from inhand_drivers.hand.config import HandDriverConfig, load_driver_config
from inhand_drivers.hand.core import HandCore, Reading
from inhand_drivers.hand.emulator import memory
from inhand_drivers.hand.emulator.device import SYNC_MANAGERS, make_slave
from inhand_drivers.hand.emulator.frames import Cmd, build, results
from inhand_drivers.hand.emulator.slave import Slave
from inhand_drivers.hand.sii import Identity, read
from inhand_drivers.hand.tables import DeviceTables, read_tables

STATION = 0x1001
OURS = claim_number("ours")
IDENTITY = Identity(0x0530, 6, 1, 1)
TABLES = read_tables()
OUTPUTS, INPUTS = SYNC_MANAGERS


class Clock:
    """Time that goes on when it is told to [s]."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def at(node: int, offset: int) -> int:
    """The 32-bit address of an offset in a slave."""
    return node | offset << 16


class FrameBus:
    """`Bus` by frames handed to a slave of this process; `plugged` False: they get lost."""

    def __init__(self, slave: Slave) -> None:
        self.slave, self.plugged = slave, True
        self.counts: Counter[str] = Counter()

    def send(self, *items: tuple[Cmd, int, bytes]) -> list[tuple[bytes, int]]:
        """Sends one frame; (data, working counter) of each datagram.

        Raises:
            BusError: it got lost.
        """
        if not self.plugged:
            raise BusError("no frame came back")
        frame = build(list(items))
        assert self.slave.process(frame)
        return results(frame)

    def read(self, offset: int, length: int) -> bytes:
        """Reads from the slave's memory."""
        return self.send((Cmd.FPRD, at(STATION, offset), bytes(length)))[0][0]

    def write(self, offset: int, data: bytes) -> None:
        """Writes into the slave's memory."""
        self.send((Cmd.FPWR, at(STATION, offset), data))

    def request(self, state: int) -> int:
        """Asks for an AL state; returns AL status."""
        self.write(memory.AL_CONTROL, struct.pack("<H", state))
        return struct.unpack("<H", self.read(memory.AL_STATUS, 2))[0]

    def eeprom(self, word: int) -> int:
        """32 bits of the EEPROM."""
        self.write(memory.EEPROM_CONTROL, struct.pack("<HI", 0x0100, word))
        return int.from_bytes(self.read(memory.EEPROM_DATA, 4), "little")

    def map_process_data(self) -> None:
        """Sets sync managers and FMMUs: outputs at logical 0, inputs behind them."""
        for number, manager in enumerate(SYNC_MANAGERS):
            entry = struct.pack("<HHBBBB", manager.start, manager.length, manager.control, 0, 1, 0)
            self.write(memory.SYNC_MANAGER + 8 * number, entry)
        for number, (logical, manager, kind) in enumerate(((0, OUTPUTS, 2), (OUTPUTS.length, INPUTS, 1))):
            entry = struct.pack("<IHBBHBBB", logical, manager.length, 0, 7, manager.start, 0, kind, 1) + bytes(3)
            self.write(memory.FMMU + 16 * number, entry)

    def connect(self) -> Found:
        """INIT, PRE_OP, SAFE_OP."""
        self.send((Cmd.BWR, at(0, memory.AL_CONTROL), struct.pack("<H", 0x11)))
        self.send((Cmd.APWR, at(0, memory.STATION_ADDRESS), struct.pack("<H", STATION)))
        identity, record = read(self.eeprom)
        self.request(2)
        self.map_process_data()
        if self.request(4) != 4:
            raise BusError("no SAFE_OP")
        return Found("in process", identity, record)

    def operate(self, outputs: bytes) -> None:
        """SAFE_OP to OP."""
        self.exchange(outputs)
        if self.request(8) != 8:
            raise BusError("no OP")

    def exchange(self, outputs: bytes) -> bytes | None:
        """One LRW over both."""
        try:
            data, counter = self.send((Cmd.LRW, 0, outputs + bytes(INPUTS.length)))[0]
        except BusError:
            self.counts["frames lost"] += 1
            return None
        return data[OUTPUTS.length :] if counter == 3 else None

    def fallen(self) -> str | None:
        """From AL status."""
        state, _, code = struct.unpack("<HHH", self.read(memory.AL_STATUS, 6))
        return None if state == 8 else f"AL state {state:#x}, code {code:#06x}"

    def close(self) -> None:
        """To INIT, if the slave is there."""
        if self.plugged:
            self.request(1)


class Rig:
    """Driver core and emulated hand on one bus and clock.

    Args:
        slave_tables: what the hand was calibrated with.
        identity: who the hand is.
        record: whether its EEPROM says so.
        claim: the controller that the driver follows; empty: the first that speaks.
        changes: of the configuration; "slave" a mapping.
    """

    def __init__(
        self,
        slave_tables: DeviceTables = TABLES,
        identity: Identity = IDENTITY,
        record: bool = True,
        claim: str = "",
        **changes: Any,
    ) -> None:
        self.clock = Clock()
        slave, self.hand = make_slave(identity, slave_tables, self.clock, record)
        self.hand.set_sensors(middle(TABLES), np.zeros(20))
        self.bus = FrameBus(slave)
        config = load_driver_config()
        slave_config = dataclasses.replace(config.slave, **changes.pop("slave", {}))
        self.config: HandDriverConfig = dataclasses.replace(config, slave=slave_config, **changes)
        self.core = HandCore(self.config, TABLES, self.bus, self.clock, logging.getLogger("hand"), claim)
        self.full_scale = self.config.full_scale(TABLES)

    def run(self, seconds: float, torque: np.ndarray | None = None, claim: int = OURS) -> list[Reading]:
        """Cycles at the bus rate; answers every reading with a command where `torque` is given, signed `claim`."""
        readings = []
        for _ in range(round(seconds * self.config.bus_rate)):
            self.clock.now += 1.0 / self.config.bus_rate
            reading = self.core.cycle()
            if reading is not None:
                readings.append(reading)
                if torque is not None:
                    self.core.command(torque, reading.sequence, claim)
        return readings


def middle(tables: DeviceTables) -> np.ndarray:
    """Raw readings (26,) [counts] in the middle of every table."""
    return np.array([np.round(table.raw.mean()) for table in tables.hall])
