"""The Shadow Dexterous Hand and what it turns: tables with a source for each number, MuJoCo model and URDF."""

from inhand_description.actuators import (
    ACTUATOR_INDEX,
    ACTUATOR_NAMES,
    ACTUATORS,
    actuator_joints,
    actuator_matrix,
    actuator_ranges,
)
from inhand_description.contacts import FINGERTIP_TORSION, collision_geoms
from inhand_description.joints import (
    COUPLED_FINGERS,
    COUPLINGS,
    FINGERS,
    JOINT_INDEX,
    JOINT_NAMES,
    JOINTS,
    joint_ranges,
)
from inhand_description.markers import MARKERS, NAILS, markers
from inhand_description.model import LOCKED_WRIST, ModelConfig, asset_folder, build_model, build_spec
from inhand_description.objects import OBJECTS
from inhand_description.scene import CAMERAS, DROP, HAND_BASE, LIGHTS, START, camera_axes
from inhand_description.sensors import (
    CALIBRATION,
    DOUBLED,
    HALL_CHANNELS,
    RAW_MAX,
    hall_channel_joints,
)

__all__ = [
    "ACTUATORS",
    "ACTUATOR_INDEX",
    "ACTUATOR_NAMES",
    "CALIBRATION",
    "CAMERAS",
    "COUPLED_FINGERS",
    "COUPLINGS",
    "DOUBLED",
    "DROP",
    "FINGERS",
    "FINGERTIP_TORSION",
    "HALL_CHANNELS",
    "HAND_BASE",
    "JOINTS",
    "JOINT_INDEX",
    "JOINT_NAMES",
    "LIGHTS",
    "LOCKED_WRIST",
    "MARKERS",
    "NAILS",
    "OBJECTS",
    "RAW_MAX",
    "START",
    "ModelConfig",
    "actuator_joints",
    "actuator_matrix",
    "actuator_ranges",
    "asset_folder",
    "build_model",
    "build_spec",
    "camera_axes",
    "collision_geoms",
    "hall_channel_joints",
    "joint_ranges",
    "markers",
]
