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
    controller_config,
    hand_model,
    load_controller_config,
    load_hand_tables,
    read_parameters,
)

__all__ = [
    "BatchController",
    "ControllerConfig",
    "HandModel",
    "Mode",
    "actuator_position",
    "calibrate",
    "controller_config",
    "hand_model",
    "load_controller_config",
    "load_hand_tables",
    "read_parameters",
    "relative_target",
    "uncalibrate",
]
