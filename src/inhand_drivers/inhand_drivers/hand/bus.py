"""The hand's bus as the driver sees it, and its implementation on SOEM (pysoem)."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Protocol

from inhand_drivers.hand.config import HandDriverConfig
from inhand_drivers.hand.layout import COMMAND, STATUS
from inhand_drivers.hand.sii import HandRecord, Identity, SiiError, read
from inhand_drivers.hand.wire import WireError, open_raw

_NO_ANSWER, SAFE_OP, OP = 0, 4, 8
_STEP_US = 50_000  # longest wait inside one call of the library, which keeps Python's lock
_STATE_TIMEOUT_S = 2.0
_LOST, _WRONG = "frames lost", "wrong working counters"


class BusError(RuntimeError):
    """No slave, another one, or one that does not go where it is told; the message says which."""


@dataclass(frozen=True)
class Found:
    """What a slave says of itself: its name, identity and, where its EEPROM has one, record of a hand."""

    name: str
    identity: Identity
    record: HandRecord | None


class Bus(Protocol):
    """One slave with the hand's process data; `counts` of exchanges without an answer, by cause."""

    counts: Counter[str]

    def connect(self) -> Found:
        """Finds the slave and brings it to SAFE_OP.

        Raises:
            BusError, OSError: it is not there, or does not follow.
        """
        ...

    def operate(self, outputs: bytes) -> None:
        """Brings the slave from SAFE_OP to OP while it gets these outputs.

        Raises:
            BusError: it does not follow.
        """
        ...

    def exchange(self, outputs: bytes) -> bytes | None:
        """One cycle; the inputs, or None where no frame came back or the working counter is wrong."""
        ...

    def fallen(self) -> str | None:
        """Why the slave is no longer in OP, or None; asks the slave."""
        ...

    def close(self) -> None:
        """Leaves the slave in INIT, where it can still be reached."""
        ...


class SoemBus:
    """`Bus` on SOEM: the first slave on the interface is the hand's; others may follow it.

    Args:
        config: interface, timeouts, watchdog.
    """

    def __init__(self, config: HandDriverConfig) -> None:
        self._config = config
        self._timeout_us = round(config.receive_timeout_s * 1e6)
        self.counts: Counter[str] = Counter(dict.fromkeys((_LOST, _WRONG), 0))
        self._master: Any = None
        self._slave: Any = None

    def connect(self) -> Found:
        """See `Bus`."""
        import pysoem

        self._check_interface()
        self._master = pysoem.Master()
        try:
            self._master.open(self._config.interface)
        except ConnectionError as error:
            self._master = None
            raise BusError(str(error)) from error
        if self._master.config_init(release_gil=True) <= 0:
            raise BusError(f"no slave answers on {self._config.interface}: is the hand connected and powered?")
        self._slave = self._master.slaves[0]
        try:
            identity, record = read(lambda word: int.from_bytes(self._slave.eeprom_read(word), "little"))
        except SiiError as error:
            raise BusError(f"{self._slave.name}: {error}") from error
        self._slave.set_watchdog("processdata", self._config.slave.watchdog_s * 1e3)
        self._master.config_map()
        sizes = len(self._slave.output), len(self._slave.input)
        if sizes != (COMMAND.itemsize, STATUS.itemsize):
            raise BusError(
                f"{self._slave.name} has {sizes[0]} bytes of outputs and {sizes[1]} of inputs, "
                f"a hand has {COMMAND.itemsize} and {STATUS.itemsize}"
            )
        self._await(SAFE_OP, bytes(COMMAND.itemsize))
        return Found(self._slave.name, identity, record)

    def operate(self, outputs: bytes) -> None:
        """See `Bus`."""
        self.exchange(outputs)
        self._master.state = OP
        self._master.write_state()
        self._await(OP, outputs)

    def exchange(self, outputs: bytes) -> bytes | None:
        """See `Bus`."""
        self._slave.output = outputs
        self._master.send_processdata(release_gil=True)
        counter = self._master.receive_processdata(self._timeout_us, release_gil=True)
        if counter == self._master.expected_wkc:
            return self._slave.input
        self.counts[_LOST if counter < 0 else _WRONG] += 1
        return None

    def fallen(self) -> str | None:
        """See `Bus`; a slave that does not answer now has not said that it left OP."""
        if self._master.read_state() == OP or self._slave.state == _NO_ANSWER:
            return None
        return self._describe()

    def close(self) -> None:
        """See `Bus`."""
        if self._master is None:
            return
        master, self._master, self._slave = self._master, None, None
        master.state = 1  # INIT
        master.write_state()
        master.close()

    def _check_interface(self) -> None:
        """Says why an interface cannot be used, which the library does not."""
        try:
            open_raw(self._config.interface).close()
        except WireError as error:
            raise BusError(str(error)) from error

    def _await(self, state: int, outputs: bytes) -> None:
        """Waits for a state while process data flows: the slave's watchdog wants it on the way to OP."""
        end = time.monotonic() + _STATE_TIMEOUT_S
        while time.monotonic() < end:
            if state == OP:
                self.exchange(outputs)
                time.sleep(0.001)
                reached = self._master.read_state() == OP
            else:
                reached = self._master.state_check(state, _STEP_US) == state
            if reached:
                return
        self._master.read_state()
        raise BusError(f"{self._slave.name} does not reach {'OP' if state == OP else 'SAFE_OP'}: {self._describe()}")

    def _describe(self) -> str:
        import pysoem

        state, code = self._slave.state, self._slave.al_status
        return f"AL state {state:#x}, code {code:#06x} ({pysoem.al_status_code_to_string(code)})"
