"""An EtherCAT slave controller: memory with its sync managers, FMMUs, watchdog, EEPROM interface and state machine."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from inhand_drivers.hand.emulator import memory
from inhand_drivers.hand.emulator.memory import Memory
from inhand_drivers.hand.emulator.states import Code, State, StateMachine
from inhand_drivers.hand.sii import SyncManager

_FMMU = struct.Struct("<IHBBHBBB")
_SYNC_MANAGER = struct.Struct("<HHBBBB")
_READS, _WRITES = 1, 2
_EEPROM_READ, _EEPROM_COMMAND = 0x0100, 0x0700
_EEPROM_EIGHT_BYTES, _EEPROM_REFUSED = 0x0040, 0x2000


class Application(Protocol):
    """What a slave does with its process data."""

    def inputs(self) -> bytes:
        """The bytes that the master reads now."""
        ...

    def outputs(self, data: bytes) -> None:
        """The bytes that the master wrote, in OP."""
        ...

    def stop(self) -> None:
        """Outputs are not valid any more: the slave left OP."""
        ...


@dataclass(frozen=True)
class _Mapping:
    """One FMMU: logical start and length, physical start; reads or writes."""

    logical: int
    length: int
    physical: int
    kind: int

    def overlap(self, address: int, length: int) -> tuple[int, int] | None:
        """The part (start, end) of a logical area that this maps."""
        start, end = max(address, self.logical), min(address + length, self.logical + self.length)
        return (start, end) if start < end else None


class Esc:
    """The slave's side of frames.

    Args:
        eeprom: contents of the EEPROM [bytes].
        sync_managers: process data as the application needs it; other lengths or places refuse SAFE_OP.
        application: what the process data belongs to.
        clock: time that never goes back [s].
    """

    def __init__(
        self,
        eeprom: bytes,
        sync_managers: tuple[SyncManager, ...],
        application: Application,
        clock: Callable[[], float],
    ) -> None:
        self.memory = Memory()
        self.states = StateMachine(self._may_enter)
        self.watchdog_expirations = 0
        self._eeprom, self._application, self._clock = eeprom, application, clock
        self._managers = sync_managers
        self._outputs = next(m for m in sync_managers if m.type == 3)
        self._inputs = next(m for m in sync_managers if m.type == 4)
        self._written_at: float | None = None
        self._mappings: list[_Mapping] = []
        self._show_state()
        self.memory.put_word(memory.EEPROM_CONTROL, _EEPROM_EIGHT_BYTES)

    def read(self, address: int, length: int) -> bytes | None:
        """A master's read by physical address; None where there is nothing to read."""
        return self.memory.read(address, length)

    def write(self, address: int, data: bytes) -> bool:
        """A master's write by physical address; returns whether anything was written."""
        if not self.memory.write(address, data):
            return False
        self._react(address, len(data))
        return True

    def exchange(self, address: int, data: bytearray, reads: bool, writes: bool) -> tuple[bool, bool]:
        """A logical access: replaces what is read in `data`, takes what is written; returns whether it did each."""
        did_read = did_write = False
        sent = bytes(data)
        for mapping in self._mappings:
            part = mapping.overlap(address, len(data))
            if part is None:
                continue
            local = slice(part[0] - address, part[1] - address)
            physical = mapping.physical + part[0] - mapping.logical
            if mapping.kind == _READS and reads and self._readable(physical):
                data[local] = self.memory.data[physical : physical + part[1] - part[0]]
                did_read = True
            elif mapping.kind == _WRITES and writes and self._active(self._outputs):
                self.memory.data[physical : physical + part[1] - part[0]] = sent[local]
                self._react(physical, part[1] - part[0])
                did_write = True
        return did_read, did_write

    def tick(self) -> None:
        """To be called often: the watchdog of the process data."""
        if self.states.state is State.OP and not self._watchdog_runs():
            self.watchdog_expirations += 1
            self.memory.data[memory.WATCHDOG_COUNT] = min(self.watchdog_expirations, 255)
            self.states.fall_back(State.SAFE_OP, Code.WATCHDOG)
            self._application.stop()
            self._show_state()

    def _readable(self, physical: int) -> bool:
        if not self._active(self._inputs):
            return False
        if physical == self._inputs.start:
            data = self._application.inputs()
            self.memory.data[physical : physical + len(data)] = data
        return True

    def _react(self, address: int, length: int) -> None:
        """What a write sets off."""
        touched = range(address, address + length)
        if memory.AL_CONTROL in touched:
            before = self.states.state
            self.states.request(self.memory.word(memory.AL_CONTROL))
            if before is State.OP and self.states.state is not State.OP:
                self._application.stop()
            self._show_state()
        if memory.EEPROM_CONTROL in touched:
            self._run_eeprom()
        if address < memory.SYNC_MANAGER and touched.stop > memory.FMMU:
            self._mappings = self._read_mappings()
        last = self._outputs.start + self._outputs.length - 1
        if last in touched:
            self._written_at = self._clock()
            if self.states.state is State.OP:
                self._application.outputs(bytes(self.memory.data[self._outputs.start : last + 1]))

    def _run_eeprom(self) -> None:
        command = self.memory.word(memory.EEPROM_CONTROL) & _EEPROM_COMMAND
        status = _EEPROM_EIGHT_BYTES
        if command == _EEPROM_READ:
            start = 2 * self.memory.double(memory.EEPROM_ADDRESS)
            data = self._eeprom[start : start + 8].ljust(8, b"\xff")
            self.memory.data[memory.EEPROM_DATA : memory.EEPROM_DATA + 8] = data
        elif command:
            status |= _EEPROM_REFUSED
        self.memory.put_word(memory.EEPROM_CONTROL, status)

    def _read_mappings(self) -> list[_Mapping]:
        """The active FMMUs that map whole bytes; this slave has no bits to map."""
        found = []
        for number in range(memory.N_FMMU):
            place = memory.FMMU + number * memory.FMMU_SIZE
            logical, length, first, last, physical, bit, kind, active = _FMMU.unpack_from(self.memory.data, place)
            whole = (first, last, bit) == (0, 7, 0)
            if active & 1 and whole and kind in (_READS, _WRITES) and physical + length <= memory.SIZE:
                found.append(_Mapping(logical, length, physical, kind))
        return found

    def _manager(self, wanted: SyncManager) -> tuple[int, int, bool]:
        """Start, length and activation of a sync manager as the master has set it."""
        place = memory.SYNC_MANAGER + self._managers.index(wanted) * memory.SYNC_MANAGER_SIZE
        start, length, _, _, activate, _ = _SYNC_MANAGER.unpack_from(self.memory.data, place)
        return start, length, bool(activate & 1)

    def _active(self, wanted: SyncManager) -> bool:
        return self.states.state >= State.SAFE_OP and self._manager(wanted) == (wanted.start, wanted.length, True)

    def _may_enter(self, state: State) -> Code:
        if state is State.SAFE_OP:
            for wanted, code in (
                (self._outputs, Code.INVALID_OUTPUT_CONFIGURATION),
                (self._inputs, Code.INVALID_INPUT_CONFIGURATION),
            ):
                if self._manager(wanted) != (wanted.start, wanted.length, True):
                    return code
        if state is State.OP and not self._watchdog_runs():
            return Code.WATCHDOG
        return Code.NONE

    def _watchdog_runs(self) -> bool:
        """Whether outputs have come within the time that registers 0x0400 and 0x0420 give."""
        divider, count = self.memory.word(memory.WATCHDOG_DIVIDER), self.memory.word(memory.WATCHDOG_TIME)
        limit = (divider + 2) * 40e-9 * count
        runs = self._written_at is not None and (limit == 0.0 or self._clock() - self._written_at <= limit)
        self.memory.put_word(memory.WATCHDOG_STATUS, int(runs))
        return runs

    def _show_state(self) -> None:
        self.memory.put_word(memory.AL_STATUS, self.states.status)
        self.memory.put_word(memory.AL_STATUS_CODE, self.states.code)
