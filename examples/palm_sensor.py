"""A sensor of one's own: a range finder in the palm, as a signal, a component, and what a policy sees of it.

docs/add-a-sensor.md says how the graph gets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Required, TypedDict

import numpy as np

from inhand_core.component import Component
from inhand_core.ports import Inputs
from inhand_core.signals import ObjectPose
from inhand_policy.observation import Block

PALM = np.array([0.0, -0.01, 0.34])
"""Where the sensor sits [m, hand_base]."""


@dataclass(frozen=True)
class Proximity:
    """Distance (B,) [m] from the palm to the object's middle."""

    range: Any

    @staticmethod
    def add_codec() -> None:
        """As a standard message where ROS is: sensor_msgs/Range."""
        from sensor_msgs.msg import Range

        from inhand_ros.codecs import add_codec

        def encode(signal: Proximity) -> Range:
            return Range(radiation_type=Range.INFRARED, range=float(signal.range[0]), max_range=1.0)

        add_codec(Proximity, Range, encode, lambda m: Proximity(np.array([m.range])), frame="hand_base")


@dataclass(frozen=True)
class PalmSensorConfig:
    """Standard deviation of its noise [m]."""

    noise: float = 0.001


class PalmSensorInputs(Inputs, total=False):
    """The simulated sensor looks where the object is; a real one is a driver that publishes the same topic."""

    object_pose: Required[ObjectPose]


class PalmSensorOutputs(TypedDict):
    """One reading."""

    proximity: Proximity


class PalmSensor(Component[PalmSensorInputs, PalmSensorOutputs]):
    """The sensor in simulation."""

    Config = PalmSensorConfig

    def reset(self, mask: np.ndarray) -> None:
        """It remembers nothing."""

    def step(self, inputs: PalmSensorInputs, dt: float) -> PalmSensorOutputs:
        """A reading of the newest pose."""
        away = np.linalg.norm(inputs["object_pose"].position - PALM, axis=-1)
        return {"proximity": Proximity(away + self.config.noise * self.random.normal(()))}


PROXIMITY = Block(1, ("proximity",), lambda proximity: proximity.range[:, None], (0.0, 2.0))
"""What a policy sees: `palm_sensor:PROXIMITY` in a recipe."""
