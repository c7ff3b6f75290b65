"""Configuration of the goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from inhand_core.config import check_config
from inhand_core.ranges import AT_LEAST_ONE, NOT_NEGATIVE, POSITIVE
from inhand_description.objects import check_object


@dataclass(frozen=True)
class GoalConfig:
    """Values and texts in config/goal.yaml."""

    object: str
    tolerance_rad: Annotated[float, POSITIVE]
    timeout_s: Annotated[float, POSITIVE]
    max_goals: Annotated[int, AT_LEAST_ONE]
    mode: Literal["full", "face_up", "limited", "axis"]
    min_angle_rad: float
    max_angle_rad: float
    axis: tuple[float, float, float]
    lost_limit_s: Annotated[float, POSITIVE]
    restart_delay_s: Annotated[float, NOT_NEGATIVE]
    auto_start: bool
    auto_restart: bool
    require_object: bool

    def __post_init__(self) -> None:
        check_config(self)
        check_object(self.object)
        if not 0.0 <= self.min_angle_rad <= self.max_angle_rad <= math.pi + 1e-9:
            angles = f"{self.min_angle_rad}, {self.max_angle_rad}"
            raise ValueError(f"0 <= min_angle_rad <= max_angle_rad <= pi must hold; they are {angles}")
        if not math.hypot(*self.axis) > 0.0:
            raise ValueError(f"axis must not be zero, is {list(self.axis)}")
