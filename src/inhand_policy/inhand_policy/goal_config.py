"""Configuration of the goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from inhand_description.objects import check_object


@dataclass(frozen=True)
class GoalConfig:
    """Values and texts in config/goal.yaml."""

    object: str
    tolerance_rad: float
    timeout_s: float
    max_goals: int
    mode: Literal["full", "face_up", "limited", "axis"]
    min_angle_rad: float
    max_angle_rad: float
    axis: tuple[float, float, float]
    lost_limit_s: float
    restart_delay_s: float
    auto_start: bool
    auto_restart: bool
    require_object: bool

    def __post_init__(self) -> None:
        check_object(self.object)
        for name in ("tolerance_rad", "timeout_s", "max_goals", "lost_limit_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be > 0, is {getattr(self, name)}")
        if not self.restart_delay_s >= 0.0:
            raise ValueError(f"restart_delay_s must be >= 0 s, is {self.restart_delay_s}")
        if not 0.0 <= self.min_angle_rad <= self.max_angle_rad <= math.pi + 1e-9:
            angles = f"{self.min_angle_rad}, {self.max_angle_rad}"
            raise ValueError(f"0 <= min_angle_rad <= max_angle_rad <= pi must hold; they are {angles}")
        if not math.hypot(*self.axis) > 0.0:
            raise ValueError(f"axis must not be zero, is {list(self.axis)}")
