"""The emulated slave put together: identity, process data, EEPROM; what SOEM finds on the wire."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inhand_drivers.hand.emulator.esc import Esc
from inhand_drivers.hand.emulator.hand import EmulatedHand
from inhand_drivers.hand.emulator.slave import Slave
from inhand_drivers.hand.layout import COMMAND, MOTOR, N_HALF, N_MOTORS, STATUS
from inhand_drivers.hand.sii import HandRecord, Identity, Pdo, SyncManager, build
from inhand_drivers.hand.tables import DeviceTables

NAME = "Shadow hand, emulated"
_BUFFERED_OUT, _BUFFERED_IN = 0x64, 0x20  # three buffers; outputs written by the master and watched
SYNC_MANAGERS = (
    SyncManager(0x1000, COMMAND.itemsize, _BUFFERED_OUT, 3),
    SyncManager(0x1400, STATUS.itemsize, _BUFFERED_IN, 4),
)


def _names(record: np.dtype) -> tuple[str, ...]:
    return record.names or ()


def pdos(tables: DeviceTables) -> tuple[tuple[Pdo, ...], tuple[Pdo, ...]]:
    """Process data objects (TxPDOs, RxPDOs) with a name for every 16-bit entry; `layout`'s order."""
    head = Pdo(0x1A00, 0x6000, 1, tuple((name, 16) for name in _names(STATUS)[:3]))
    sensors = Pdo(0x1A01, 0x6001, 1, tuple((name, 16) for name in tables.sensors))
    records = Pdo(0x1A02, 0x6002, 1, tuple((field, 16) for _ in range(N_HALF) for field in _names(MOTOR)))
    demands = tuple((tables.motors[i], 16) for i in range(N_MOTORS))
    command = Pdo(0x1600, 0x7000, 0, (*((name, 16) for name in _names(COMMAND)[:2]), *demands))
    return (head, sensors, records), (command,)


def make_slave(
    identity: Identity, tables: DeviceTables, clock: Callable[[], float], with_record: bool = True
) -> tuple[Slave, EmulatedHand]:
    """A slave that has been calibrated with `tables`, and the hand behind it.

    Args:
        identity: who it says it is.
        tables: joint map and calibration of the hand.
        clock: time that never goes back [s].
        with_record: whether its EEPROM knows joint map and calibration; a real hand's may not.
    """
    record = HandRecord(tables.sensors, tables.motors, tables.digest) if with_record else None
    hand = EmulatedHand(clock)
    eeprom = build(NAME, identity, SYNC_MANAGERS, *pdos(tables), record)
    return Slave(Esc(eeprom, SYNC_MANAGERS, hand, clock)), hand
