"""The driver of the hand without ROS and without threads: one call a bus cycle, from finding the slave to its torque.

Torque flows in phase OPERATING only, and there only while a fresh command is at hand, the bus answers and no motor has
a fault. In every other case the demand is zero, and for lack of a demand the motor boards stop by themselves after
20 ms: that covers what this process cannot do for itself, such as dying.
"""

from __future__ import annotations

import enum
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inhand_core.claim import Ownership
from inhand_drivers.hand.bus import Bus, BusError, Found
from inhand_drivers.hand.commands import CommandBox
from inhand_drivers.hand.config import HandDriverConfig
from inhand_drivers.hand.identity import identity_problems, reading_problems
from inhand_drivers.hand.layout import N_HALL, N_MOTORS, Command, Mode, Status, StatusParser, pack_command
from inhand_drivers.hand.motors import Motors
from inhand_drivers.hand.tables import DeviceTables

_START_MASK = 0x7FFFFFFF
_FAREWELL = 5  # cycles of zero demand before the slave is left


class Log(Protocol):
    """The part of a logger that is used, Python's or ROS's."""

    def info(self, message: str, /) -> object: ...

    def warning(self, message: str, /) -> object: ...

    def error(self, message: str, /) -> object: ...


class Phase(enum.Enum):
    """Where the driver is with its slave."""

    SEEKING = "seeking the hand"
    REFUSED = "in SAFE_OP: not the hand that the tables are for"
    OPERATING = "in OP"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Reading:
    """Sensors to publish: sequence, hall (26,) [counts], motor current (20,) [A], start: their connection."""

    sequence: int
    hall: np.ndarray
    motor_current: np.ndarray
    start: int


class HandCore:
    """Drives one hand; `cycle` belongs to one thread, `command` and `clear_faults` may come from another.

    Args:
        config: see `HandDriverConfig`.
        tables: joint map and calibration in use.
        bus: to the slave.
        clock: time that never goes back [s].
        log: told when something changes.
        claim: name of the controller that is followed; empty: the first that speaks.

    Attributes:
        phase: see `Phase`. problem: why the phase is not OPERATING, in words.
        found: what the slave says of itself; None before it was found.
        motors: what they report.
        commands: torque commands and those refused. ownership: whose are taken.
        start: of the readings; another number whenever what moved before says nothing about what moves now: the slave
            came into OP, or its motors may give torque again.
        counts: cycles, missed answers, losses of the slave, status frames refused.
        round_trips: durations of the last cycles' exchanges [s].
        auxiliary: (10,) the newest counts of the channels behind the Hall sensors.
        bus: as given.
    """

    def __init__(
        self,
        config: HandDriverConfig,
        tables: DeviceTables,
        bus: Bus,
        clock: Callable[[], float],
        log: Log,
        claim: str = "",
    ) -> None:
        self._config, self._tables, self.bus, self._clock, self._log = config, tables, bus, clock, log
        self.phase, self.problem = Phase.SEEKING, "not tried yet"
        self.found: Found | None = None
        self.motors = Motors(tables.motors, config.max_temperature)
        self.commands = CommandBox(config.full_scale(tables), config.command_timeout_s, config.sensors_rate, clock)
        self.ownership = Ownership(claim, clock)
        self.parser = StatusParser()
        self.counts: Counter[str] = Counter()
        self.round_trips: deque[float] = deque(maxlen=1000)
        self.auxiliary = np.zeros(10, np.int64)
        self._sequence = self._counter = -1
        self.start = int(1e3 * clock()) & _START_MASK  # a driver that is activated again goes on with other numbers
        self._missed = 0
        self._status_counter: int | None = None
        self._good_at = self._retry_at = self._state_at = self._due = clock()
        self._clear = False
        self._holding = "no command yet"

    @property
    def holding(self) -> str:
        """Why the demand is zero, in words; empty while the motors follow commands."""
        return self._holding if self.phase is Phase.OPERATING else self.phase.value

    def command(self, torque: np.ndarray, sensors_sequence: int, claim: int) -> None:
        """Takes torques (20,) [N m] that the controller of this claim computed from the sensors of that number."""
        if self.ownership.admits(claim):
            self.commands.put(torque, sensors_sequence, self._sequence)

    def clear_faults(self) -> None:
        """Forgets latched motor faults at the next cycle."""
        self._clear = True

    def cycle(self) -> Reading | None:
        """One bus cycle; sensors where they are due.

        Never raises for what a slave or a cable does: that ends in another phase.
        """
        self.counts["cycles"] += 1
        if self.phase is Phase.STOPPED:
            return None
        if self.phase is Phase.SEEKING:
            if self._clock() >= self._retry_at:
                self._seek()
            return None
        if self._clear:
            self.motors.clear()
            self._begin_anew()
            self._clear = False
        status = self._exchange(self._demand())
        if status is None:
            self._miss()
            return None
        self._missed, self._good_at = 0, self._clock()
        self._take(status)
        if self.phase is Phase.OPERATING:
            self._look_at_state()
        return self._reading(status) if self.phase is Phase.OPERATING else None

    def stop(self) -> None:
        """Zero demand for some cycles, then leaves the slave; for the thread of `cycle`, or when that has ended."""
        if self.phase in (Phase.OPERATING, Phase.REFUSED):
            for _ in range(_FAREWELL):
                self._exchange(None)
        self._leave()
        self.phase = Phase.STOPPED

    def _demand(self) -> np.ndarray | None:
        """Demands (20,) [counts] of this cycle; None: stop."""
        reason = ""
        demand = None
        if self.motors.faults:
            reason = "motor fault"
        elif self._missed >= self._config.max_missed:
            reason = "the bus does not answer"
        elif (demand := self.commands.demand(self._sequence)) is None:
            reason = "no fresh command"
        self._holding = reason
        return demand if self.phase is Phase.OPERATING else None

    def _exchange(self, demand: np.ndarray | None) -> Status | None:
        """Sends demands, or a stop; returns the answer where it is good and new."""
        self._counter = (self._counter + 1) & 0xFFFF
        mode = Mode.STOP if demand is None else Mode.TORQUE
        values = np.zeros(N_MOTORS, np.int64) if demand is None else demand
        start = self._clock()
        data = self.bus.exchange(pack_command(Command(self._counter, mode, values)))
        self.round_trips.append(self._clock() - start)
        if data is None:
            self.counts["missed answers"] += 1
            return None
        status = self.parser.parse(data)
        if status is not None and status.counter == self._status_counter:
            self.parser.refused["repeated"] += 1
            return None
        if status is not None:
            self._status_counter = status.counter
        return status

    def _take(self, status: Status) -> None:
        before = len(self.motors.faults)
        self.motors.update(status)
        self.auxiliary = status.sensors[N_HALL:]
        if len(self.motors.faults) > before:
            self._log.error(f"motor fault, zero torque until it is cleared: {'; '.join(self.motors.faults)}")

    def _miss(self) -> None:
        self._missed += 1
        if self._clock() - self._good_at > self._config.lost_after_s:
            self._lose("the bus does not answer")

    def _look_at_state(self) -> None:
        if self._clock() < self._state_at:
            return
        self._state_at = self._clock() + self._config.state_period_s
        if (reason := self.bus.fallen()) is not None:
            self._lose(f"the slave left OP: {reason}")

    def _reading(self, status: Status) -> Reading | None:
        now = self._clock()
        if now < self._due or not self.motors.complete:
            return None
        period = 1.0 / self._config.sensors_rate
        self._due = max(self._due + period, now + 0.5 * period)
        self._sequence += 1
        return Reading(self._sequence, status.sensors[:N_HALL].astype(float), self.motors.current.copy(), self.start)

    def _seek(self) -> None:
        try:
            self.found = self.bus.connect()
            problems = identity_problems(self.found.identity, self.found.record, self._config.slave, self._tables)
            problems = problems or self._reading_problems()
            if problems:
                self._refuse(problems)
                return
            self.bus.operate(pack_command(Command(0, Mode.STOP, np.zeros(N_MOTORS, np.int64))))
        except (BusError, OSError) as error:
            self._retry(str(error))
            return
        self._enter(Phase.OPERATING)
        self._begin_anew()
        self.problem = ""
        self._log.info(f"{self.found.name}, serial {self.found.identity.serial}: in OP")

    def _reading_problems(self) -> list[str]:
        """What the sensors say against the calibration, in SAFE_OP.

        Raises:
            BusError: they say nothing.
        """
        for _ in range(20):
            status = self._exchange(None)
            if status is not None:
                return reading_problems(status.sensors[:N_HALL], self._tables, self._config.angle_margin)
        raise BusError(f"no status frame that can be read; refused {dict(self.parser.refused)}")

    def _refuse(self, problems: list[str]) -> None:
        self._enter(Phase.REFUSED)
        self.problem = "; ".join(problems)
        self._log.error(f"the hand stays in SAFE_OP: {self.problem}")

    def _begin_anew(self) -> None:
        self.start = (self.start + 1) & _START_MASK

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self.commands.forget()
        self._missed = 0
        self._good_at = self._state_at = self._due = self._clock()

    def _lose(self, reason: str) -> None:
        self.counts["losses"] += 1
        self._log.error(f"lost the hand: {reason}; seeking it")
        self._leave()
        self._retry(reason)

    def _retry(self, reason: str) -> None:
        if reason != self.problem:
            self._log.warning(f"no hand: {reason}")
        self._leave()
        self.phase, self.problem = Phase.SEEKING, reason
        self.commands.forget()
        self._status_counter = None
        self._retry_at = self._clock() + self._config.retry_s

    def _leave(self) -> None:
        try:
            self.bus.close()
        except (BusError, OSError) as error:
            self._log.warning(f"closing the bus: {error}")
