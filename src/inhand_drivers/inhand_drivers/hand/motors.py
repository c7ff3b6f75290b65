"""What the motor boards have reported, and the faults that stop the hand."""

from __future__ import annotations

import numpy as np

from inhand_drivers.hand.layout import FAULTS, N_MOTORS, MotorFlag, Status


class Motors:
    """State of all motors, from status frames that describe ten each.

    A fault is latched: it stays until `clear`, and after that until the board no longer reports it.

    Args:
        names: of the motors.
        max_temperature: above it a motor is faulty, whatever its board says [°C].

    Attributes:
        current: (20,) [A]. temperature: (20,) [°C]. torque: (20,) strain gauges [counts]. flags: (20,) `MotorFlag`s.
    """

    def __init__(self, names: tuple[str, ...], max_temperature: float) -> None:
        self._names, self._max_temperature = names, max_temperature
        self.current, self.temperature = np.zeros(N_MOTORS), np.full(N_MOTORS, np.nan)
        self.torque, self.flags = np.zeros(N_MOTORS, np.int64), np.zeros(N_MOTORS, np.int64)
        self._faults: dict[int, MotorFlag] = {}

    @property
    def complete(self) -> bool:
        """Whether both halves have reported since the start."""
        return not np.isnan(self.temperature).any()

    @property
    def faults(self) -> list[str]:
        """Latched faults as text, by motor."""
        return [
            f"{self._names[i]}: {', '.join(str(flag.name).lower().replace('_', ' ') for flag in flags)}"
            for i, flags in sorted(self._faults.items())
        ]

    def update(self, status: Status) -> None:
        """Takes the motors of one status frame."""
        self.current[status.motors], self.temperature[status.motors] = status.current, status.temperature
        self.torque[status.motors], self.flags[status.motors] = status.torque, status.flags
        if not np.any(status.flags & FAULTS) and np.all(status.temperature <= self._max_temperature):
            return
        for i in status.motors:
            hot = MotorFlag.OVER_TEMPERATURE if self.temperature[i] > self._max_temperature else MotorFlag(0)
            if found := MotorFlag(int(self.flags[i])) & FAULTS | hot:
                self._faults[int(i)] = self._faults.get(int(i), MotorFlag(0)) | found

    def clear(self) -> None:
        """Forgets latched faults; those that last come back with the next frames."""
        self._faults = {}
