"""The simulator that stands in for the devices: motor torques in, raw sensors and motion capture out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import HandSensors
from inhand_core.times import NANOSECONDS, nanoseconds
from inhand_description import ACTUATOR_NAMES
from inhand_sim.hand import raw_hall
from inhand_sim.ports import RealtimeSimInputs, RealtimeSimOutputs
from inhand_sim.worlds import NOMINAL_STEP, Worlds, WorldsConfig

_FORCE_PERIOD_NS = 80_000_000


@dataclass(frozen=True, kw_only=True)
class RealtimeSimConfig(WorldsConfig):
    """`WorldsConfig` and the devices' rates. Values and texts in config/sim.yaml."""

    timestep: float
    markers_rate: int
    sensors_rate: int
    torque_per_ampere: float
    hall_tables: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.timestep > 0.0:
            raise ConfigError(f"timestep must be > 0 s, is {self.timestep}")
        for name in ("markers_rate", "sensors_rate"):
            if not 0 < getattr(self, name) * self.timestep <= 1.0:
                raise ConfigError(f"{name} must be in (0, {1.0 / self.timestep:g}] Hz, is {getattr(self, name)}")


class RealtimeSim(Worlds[RealtimeSimInputs, RealtimeSimOutputs]):
    """Torques in, what the devices deliver out; every step is one tick.

    The first step, at time 0, and the first step after a reset show the start state without moving. Without motor
    commands the motors give no torque.
    """

    Config = RealtimeSimConfig

    def __init__(self, config: RealtimeSimConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds, "torque", config.timestep)
        self._tick_ns = nanoseconds(config.timestep)
        self._no_torque = np.zeros((self.batch, len(ACTUATOR_NAMES)))

    def start(self) -> None:
        """Begins a run: time 0, all rows reset."""
        self.state.ticks = 0
        super().start()

    def step(self, inputs: RealtimeSimInputs, dt: float) -> RealtimeSimOutputs:
        """Applies the torques for one tick; returns what the devices deliver at its end."""
        ticks = self.state.ticks
        self._ctrl[:] = inputs["motor_commands"].torque if "motor_commands" in inputs else self._no_torque
        if ticks * self._tick_ns % _FORCE_PERIOD_NS == 0:
            self._push_object()
        self._advance(1, stretch=self.config.timestep / NOMINAL_STEP)
        outputs: RealtimeSimOutputs = {}
        if self._due(ticks, self.config.markers_rate):
            outputs["markers"] = self._markers()
        if self._due(ticks, self.config.sensors_rate):
            outputs["hand_sensors"] = self._sensors()
        return outputs

    def _due(self, ticks: int, rate: int) -> bool:
        now = ticks * self._tick_ns
        return ticks == 0 or now * rate // NANOSECONDS > (now - self._tick_ns) * rate // NANOSECONDS

    def _sensors(self) -> HandSensors:
        low, high = self.model.actuator_forcerange[:, 0], self.model.actuator_forcerange[:, 1]
        current = np.clip(self._ctrl, low, high) / self.config.torque_per_ampere
        hall = raw_hall(self._qpos[:, self.layout.joint_qpos], self.config.hall_tables)
        return HandSensors(hall, current, self.state.starts.copy())
