"""The emulated hand behind the slave: the simulated one's sensors, motor boards that stop without demands and get warm.

Times and units are those of `inhand_drivers.hand.layout`. The heating is invented: a first-order rise with the square
of the demand, small enough that no motor gets too hot by its work alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inhand_drivers.hand.layout import (
    DEMAND_MAX,
    N_HALL,
    N_MOTORS,
    N_SENSORS,
    CommandParser,
    Mode,
    MotorFlag,
    Status,
    motors_of,
    pack_status,
)

DEMAND_TIMEOUT_S = 0.02
"""The motor boards stop their motors this long after the last demand."""
AMBIENT_C, RISE_C, HEATING_S = 30.0, 30.0, 60.0
LIMIT_C = 85.0
GRAVITY_COUNTS = 8192
"""Reading of the accelerometer's z axis at rest; x, y, the gyroscope and the auxiliary channels read 0."""


class EmulatedHand:
    """`Application` of the emulated slave. One thread exchanges frames, others set sensors and read torques.

    Args:
        clock: time that never goes back [s].
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sensors = np.zeros(N_SENSORS, np.int64)
        self._sensors[N_HALL + 2] = GRAVITY_COUNTS
        self._current = np.zeros(N_MOTORS)
        self._heat = np.zeros(N_MOTORS)
        self._added_heat = np.zeros(N_MOTORS)
        self._warmed_at = clock()
        self._demand, self._demand_at = np.zeros(N_MOTORS, np.int64), -np.inf
        self._counter = self._command_counter = 0
        self._parser = CommandParser()

    @property
    def refused(self) -> dict[str, int]:
        """Command frames that were refused, by reason."""
        return dict(self._parser.refused)

    def set_sensors(self, hall: np.ndarray, current: np.ndarray) -> None:
        """Raw Hall values (26,) [counts] and motor currents (20,) [A] as they are from now on."""
        sensors = self._sensors.copy()
        sensors[:N_HALL] = hall
        self._sensors, self._current = sensors, current

    def heat_up(self, motors: list[int], amount: float) -> None:
        """Makes these motors, and no others, warmer than their work does by `amount` [°C]."""
        heat = np.zeros(N_MOTORS)
        heat[motors] = amount
        self._added_heat = heat

    def demand(self) -> np.ndarray:
        """Demands (20,) [counts] that the motors follow now: the last ones, or none after 20 ms without any."""
        if self._clock() - self._demand_at > DEMAND_TIMEOUT_S:
            return np.zeros(N_MOTORS, np.int64)
        return self._demand

    def inputs(self) -> bytes:
        """The next status frame: even and odd motors in turn."""
        self._counter = (self._counter + 1) & 0xFFFF
        motors = motors_of(self._counter % 2)
        temperature = self._temperature()
        flags = np.where(temperature > LIMIT_C, MotorFlag.OVER_TEMPERATURE, 0)
        if self._clock() - self._demand_at > DEMAND_TIMEOUT_S:
            flags = flags | MotorFlag.NO_DEMAND
        return pack_status(
            Status(
                self._counter,
                self._command_counter,
                motors,
                self._sensors,
                self.demand()[motors],
                self._current[motors],
                temperature[motors],
                flags[motors],
            )
        )

    def outputs(self, data: bytes) -> None:
        """Takes a command frame. One that repeats its counter is no new demand: its sender may be stuck."""
        command = self._parser.parse(data)
        if command is None or command.counter == self._command_counter:
            return
        self._command_counter = command.counter
        if command.mode is Mode.TORQUE:
            self._demand, self._demand_at = command.demand, self._clock()
        else:
            self.stop()

    def stop(self) -> None:
        """No demand any more."""
        self._demand, self._demand_at = np.zeros(N_MOTORS, np.int64), -np.inf

    def _temperature(self) -> np.ndarray:
        now = self._clock()
        keep = np.exp(-(now - self._warmed_at) / HEATING_S)
        self._heat = keep * self._heat + (1.0 - keep) * RISE_C * (self.demand() / DEMAND_MAX) ** 2
        self._warmed_at = now
        return AMBIENT_C + self._heat + self._added_heat
