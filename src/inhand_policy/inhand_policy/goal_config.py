"""Configuration of the goals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from inhand_description.objects import check_object


@dataclass(frozen=True)
class GoalConfig:
    """Values and sources in config/goal.yaml.

    Attributes:
        object: name or path: whose faces mode "face_up" turns up.
        tolerance_rad: a goal is achieved below this rotation distance.
        timeout_s: a goal not achieved in this time ends the trial.
        max_goals: goals in a trial.
        mode: "full": any orientation, uniform; "face_up": any face up, any yaw; "limited": turned from the object's
            orientation about a uniform axis by an angle uniform in [min_angle_rad, max_angle_rad]; "axis": the same
            about +axis or -axis.
        min_angle_rad: goals are at least this far from the object's orientation.
        max_angle_rad: largest angle of modes "limited" and "axis".
        axis: axis of mode "axis" in hand_base.
        lost_limit_s: an object not seen for longer counts as dropped.
        restart_delay_s: pause between the end of a trial and the next; 0: the next step.
        auto_start: whether the first trial starts by itself.
        auto_restart: whether a trial follows one that ended (unless it was stopped by request).
        require_object: trials start only while the object is seen on the palm.
    """

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
