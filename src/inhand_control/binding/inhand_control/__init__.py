"""Low-level controller of the hand, bound from C++: the robot's own code, batched over NumPy arrays."""

from inhand_control._core import ControllerConfig, HandModel
from inhand_control.batch import (
    BatchController,
    Mode,
    actuator_position,
    calibrate,
    relative_target,
    uncalibrate,
)
from inhand_control.config import (
    ControllerParameters,
    ControlParameters,
    controller_config,
    hand_model,
    load_controller_config,
    load_hand_tables,
)

__all__ = [
    "BatchController",
    "ControlParameters",
    "ControllerConfig",
    "ControllerParameters",
    "HandModel",
    "Mode",
    "actuator_position",
    "calibrate",
    "controller_config",
    "hand_model",
    "load_controller_config",
    "load_hand_tables",
    "relative_target",
    "uncalibrate",
]
