"""Process data of the hand: what one EtherCAT cycle carries, and parsers that refuse what cannot be true.

Known of the real hand: 36 sensor channels, status of 10 of the 20 motors a cycle (even and odd motors in turn), one
demand within ±1023 for each motor. Offsets, header fields and the units of the motor records are this project's own
choice, for lack of a public description; the same table writes the emulated slave's PDO descriptions and docs.

All little-endian: `STATUS`, 158 bytes from slave to master, and `COMMAND`, 44 bytes from master to slave.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass

import numpy as np

N_SENSORS, N_HALL, N_MOTORS, N_HALF = 36, 26, 20, 10
DEMAND_MAX = 1023  # counts, the motor boards' full scale
HALL_MAX = 4095  # counts of the 12-bit converters
HALF_EVEN, HALF_ODD = 0, 1
TEMPERATURES_C = (-40.0, 200.0)  # what a motor board's thermometer can say; anything else is not a reading
AUXILIARY = (
    *(f"accelerometer_{axis}" for axis in "xyz"),
    *(f"gyroscope_{axis}" for axis in "xyz"),
    *(f"aux_{number}" for number in range(4)),
)
"""Names of the ten channels behind the 26 Hall channels."""

MOTOR = np.dtype([("torque", "<i2"), ("current", "<i2"), ("temperature", "<i2"), ("flags", "<u2")])
"""One motor board: strain gauges [counts, as demands], current [mA], temperature [0.1 °C], `MotorFlag`s."""
STATUS = np.dtype(
    [
        ("counter", "<u2"),
        ("command_counter", "<u2"),
        ("half", "<u2"),
        ("sensors", "<u2", N_SENSORS),
        ("motors", MOTOR, N_HALF),
    ]
)
"""counter of status frames; counter of the last command taken; half: motors 0, 2, … or 1, 3, …; sensors [counts]."""
COMMAND = np.dtype([("counter", "<u2"), ("mode", "<u2"), ("demand", "<i2", N_MOTORS)])
"""counter of command frames; `Mode`; demand of each motor [counts]."""


class Mode(enum.IntEnum):
    """What a command frame asks of the motor boards."""

    STOP = 0
    TORQUE = 1


class MotorFlag(enum.IntFlag):
    """What a motor board reports of itself."""

    OVER_TEMPERATURE = 1
    OVER_CURRENT = 2
    SENSOR_FAULT = 4
    LINK_LOST = 8
    NO_DEMAND = 16


FAULTS = MotorFlag.OVER_TEMPERATURE | MotorFlag.OVER_CURRENT | MotorFlag.SENSOR_FAULT | MotorFlag.LINK_LOST
"""Flags that stop the hand; NO_DEMAND only says that the board stopped its motor for lack of a demand."""
_KNOWN_FLAGS = int(FAULTS | MotorFlag.NO_DEMAND)


@dataclass(frozen=True)
class Status:
    """One status frame.

    Attributes:
        counter, command_counter: as sent, 0 … 65535.
        motors: indices (10,) of the motors that this frame describes.
        sensors: (36,) raw counts, Hall channels first.
        torque: (10,) strain gauges [counts]. current: (10,) [A]. temperature: (10,) [°C]. flags: (10,) `MotorFlag`s.
    """

    counter: int
    command_counter: int
    motors: np.ndarray
    sensors: np.ndarray
    torque: np.ndarray
    current: np.ndarray
    temperature: np.ndarray
    flags: np.ndarray


@dataclass(frozen=True)
class Command:
    """One command frame: counter 0 … 65535, `Mode`, demand (20,) [counts]."""

    counter: int
    mode: Mode
    demand: np.ndarray


def motors_of(half: int) -> np.ndarray:
    """Indices (10,) of the motors of one half: 0, 2, … for HALF_EVEN, 1, 3, … for HALF_ODD."""
    return np.arange(half, N_MOTORS, 2)


def pack_status(status: Status) -> bytes:
    """The frame of a status; inverse of `StatusParser.parse` up to the units' resolution."""
    frame = np.zeros((), STATUS)
    frame["counter"], frame["command_counter"] = status.counter, status.command_counter
    frame["half"] = status.motors[0] % 2
    frame["sensors"] = status.sensors
    motors = frame["motors"]
    motors["torque"], motors["flags"] = status.torque, status.flags
    motors["current"] = np.round(status.current * 1e3)
    motors["temperature"] = np.round(status.temperature * 10.0)
    return frame.tobytes()


def pack_command(command: Command) -> bytes:
    """The frame of a command.

    Raises:
        ValueError: a demand is not within ±1023.
    """
    demand = np.asarray(command.demand)
    if demand.shape != (N_MOTORS,) or np.any(np.abs(demand) > DEMAND_MAX):
        raise ValueError(f"demand: expected {N_MOTORS} counts within ±{DEMAND_MAX}, found {demand.tolist()}")
    frame = np.zeros((), COMMAND)
    frame["counter"], frame["mode"], frame["demand"] = command.counter, command.mode, demand
    return frame.tobytes()


class _Parser:
    """`refused` counts the frames that were refused, by reason."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()

    def _refuse(self, reason: str) -> None:
        self.refused[reason] += 1


class StatusParser(_Parser):
    """Reads status frames."""

    def parse(self, data: bytes) -> Status | None:
        """The status in a frame, or None where it is refused."""
        if len(data) != STATUS.itemsize:
            return self._refuse("size")
        frame = np.frombuffer(data, STATUS)[0]
        motors = frame["motors"]
        temperature = motors["temperature"] * 0.1
        if frame["half"] not in (HALF_EVEN, HALF_ODD):
            return self._refuse("half")
        if np.any(frame["sensors"][:N_HALL] > HALL_MAX):
            return self._refuse("sensor range")
        if np.any(temperature < TEMPERATURES_C[0]) or np.any(temperature > TEMPERATURES_C[1]):
            return self._refuse("temperature range")
        if np.any(motors["flags"] & ~np.uint16(_KNOWN_FLAGS)):
            return self._refuse("unknown flags")
        return Status(
            int(frame["counter"]),
            int(frame["command_counter"]),
            motors_of(int(frame["half"])),
            frame["sensors"].astype(np.int64),
            motors["torque"].astype(np.int64),
            motors["current"] * 1e-3,
            temperature,
            motors["flags"].astype(np.int64),
        )


class CommandParser(_Parser):
    """Reads command frames."""

    def parse(self, data: bytes) -> Command | None:
        """The command in a frame, or None where it is refused."""
        if len(data) != COMMAND.itemsize:
            return self._refuse("size")
        frame = np.frombuffer(data, COMMAND)[0]
        demand = frame["demand"].astype(np.int64)
        if int(frame["mode"]) not in Mode.__members__.values():
            return self._refuse("mode")
        if np.any(np.abs(demand) > DEMAND_MAX):
            return self._refuse("demand range")
        return Command(int(frame["counter"]), Mode(int(frame["mode"])), demand)
