"""Configuration of the hand's driver: config/hand_driver.yaml."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_drivers.hand.tables import DeviceTables

MOTOR_BOARD_TIMEOUT_S = 0.02
"""The motor boards stop their motors after this long without a demand; the driver must stop no later."""


@dataclass(frozen=True, kw_only=True)
class SlaveConfig:
    """The slave that is expected; 0 and "" accept any, except for the calibration, which must be known from somewhere.

    Attributes:
        vendor_id, product_code, serial: its identity.
        calibration_digest: digest of the tables that this hand was calibrated with; empty: as its EEPROM says.
        watchdog_s: the slave leaves OP when no process data came for this long [s].
    """

    vendor_id: int
    product_code: int
    serial: int
    calibration_digest: str
    watchdog_s: float


@dataclass(frozen=True, kw_only=True)
class HandDriverConfig:
    """Driver of the hand.

    Attributes:
        interface: network interface that the hand hangs on.
        tables: file with joint map and calibration; empty: config/hand.yaml.
        bus_rate, sensors_rate: cycles of the bus and messages of hand/sensors [Hz].
        priority, io_priority: SCHED_FIFO priorities of the bus thread and of the process's other Python threads. One
            that is not scheduled while it holds Python's lock stops the bus thread too. 0: the default scheduler.
        receive_timeout_s: how long a cycle waits for its frame [s].
        max_missed: this many cycles in a row without a good answer stop the motors.
        lost_after_s: without a good answer for this long the slave is given up and looked for again [s].
        command_timeout_s: a torque command is no longer followed after this [s].
        retry_s: between attempts to find the slave [s].
        state_period_s: between looks at the slave's state [s].
        angle_margin: how far beyond the ends of its table a joint may read before the torque is enabled [rad].
        max_temperature: of a motor [°C].
        full_scale_torque: torque at a demand of 1023, by motor [N m].
        slave: the slave that is expected.
    """

    interface: str
    tables: str
    bus_rate: int
    sensors_rate: int
    priority: int
    io_priority: int
    receive_timeout_s: float
    max_missed: int
    lost_after_s: float
    command_timeout_s: float
    retry_s: float
    state_period_s: float
    angle_margin: float
    max_temperature: float
    full_scale_torque: dict[str, float]
    slave: SlaveConfig

    def __post_init__(self) -> None:
        if self.sensors_rate <= 0 or self.bus_rate % self.sensors_rate:
            raise ConfigError(f"bus_rate must be a multiple of sensors_rate, is {self.bus_rate} / {self.sensors_rate}")
        if not 0.0 < self.command_timeout_s <= MOTOR_BOARD_TIMEOUT_S:
            raise ConfigError(f"command_timeout_s must be in (0, {MOTOR_BOARD_TIMEOUT_S}], is {self.command_timeout_s}")
        if not 0 < self.max_missed <= self.bus_rate * MOTOR_BOARD_TIMEOUT_S:
            raise ConfigError(f"max_missed must be within {MOTOR_BOARD_TIMEOUT_S} s of cycles, is {self.max_missed}")

    def full_scale(self, tables: DeviceTables) -> np.ndarray:
        """Torque (20,) [N m] at a demand of 1023, in the order of the motors.

        Raises:
            ConfigError: a motor is missing, unknown, or the controller may ask it for more than full scale.
        """
        if set(self.full_scale_torque) != set(tables.motors):
            wrong = sorted(set(self.full_scale_torque) ^ set(tables.motors))
            raise ConfigError(f"full_scale_torque: {wrong} missing or unknown; the motors are {list(tables.motors)}")
        scale = np.array([self.full_scale_torque[name] for name in tables.motors])
        weak = [name for name, s, limit in zip(tables.motors, scale, tables.torque_limit) if s < limit]
        if weak:
            raise ConfigError(f"full_scale_torque of {weak} is below the torque limit in {tables.path}")
        return scale


def load_driver_config(overrides: dict[str, Any] | None = None) -> HandDriverConfig:
    """config/hand_driver.yaml, with some of its values replaced.

    Raises:
        ConfigError: unknown or unusable values.
    """
    path = config_file("hand_driver")
    config = load_config(HandDriverConfig, read_yaml(path), path.name)
    return dataclasses.replace(config, **(overrides or {}))
