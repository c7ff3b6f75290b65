"""What the page and RViz show alike; the values are in config/viz.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from inhand_core import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.ranges import POSITIVE, Range

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class LooksConfig:
    """Places and sizes.

    Attributes:
        ghost_position: centre of the goal ghost in hand_base [m]; it keeps out of the fingers' way.
        ghost_opacity: 0 is invisible.
        marker_radius: of the spheres [m].
        fingertip_radius: of the spheres [m].
        lost_after_s: a marker not seen for longer counts as lost, before that as held [s].
    """

    ghost_position: Vector
    ghost_opacity: Annotated[float, Range(0.0, 1.0, open="low")]
    marker_radius: Annotated[float, POSITIVE]
    fingertip_radius: Annotated[float, POSITIVE]
    lost_after_s: Annotated[float, POSITIVE]


@dataclass(frozen=True)
class VizConfig:
    """Values in config/viz.yaml.

    Attributes:
        publish_hz: rate of transforms and markers [Hz].
        looks: what the page shows the same way.
    """

    publish_hz: Annotated[float, POSITIVE]
    looks: LooksConfig


def load_viz_config() -> VizConfig:
    """Reads config/viz.yaml.

    Raises:
        ConfigError: a key is missing or unknown, or a value is out of range; the message names it.
    """
    return load_config(VizConfig, read_yaml(config_file("viz")), "viz.yaml")
