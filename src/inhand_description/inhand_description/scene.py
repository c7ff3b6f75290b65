"""Where hand, object, cameras and lights are: poses with a source each.

World: z up. The forearm lies along -y, palm up, and the object's start is above the world's origin. In hand_base z runs
along the fingers, -y out of the palm, and x towards the thumb.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GYM = "gymnasium-robotics 1.4.2, envs/assets/hand/manipulate_block.xml"


@dataclass(frozen=True)
class PoseRow:
    """A pose: position (3,) [m] in the parent's frame, orientation (x, y, z, w), source."""

    position: tuple[float, float, float]
    orientation: tuple[float, float, float, float]
    source: str


@dataclass(frozen=True)
class StartRow:
    """Where an episode starts.

    Attributes:
        object_position: (3,) [m, hand_base]; the object falls onto the palm from there.
        source: where the numbers come from.
    """

    object_position: tuple[float, float, float]
    source: str


@dataclass(frozen=True)
class DropRow:
    """The object is dropped when its centre leaves this box: lower, upper (3,) [m, hand_base]."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]
    source: str


@dataclass(frozen=True)
class CameraRow:
    """A camera, a pinhole with square pixels.

    Attributes:
        name: top, left or right.
        position: (3,) [m, world].
        target: (3,) point it looks at [m, world]; its image's up is the world's z, or -y for a camera that looks down.
        fovy: vertical field of view [deg].
        resolution: (width, height) [px].
        source: where the numbers come from.
    """

    name: str
    position: tuple[float, float, float]
    target: tuple[float, float, float]
    fovy: float
    resolution: tuple[int, int]
    source: str


@dataclass(frozen=True)
class LightRow:
    """A light: position (3,) [m, world], direction (3,), diffuse (r, g, b) in 0 … 1, casts shadows, source."""

    position: tuple[float, float, float]
    direction: tuple[float, float, float]
    diffuse: tuple[float, float, float]
    shadow: bool
    source: str


_HALF = 0.7071067811865476
HAND_BASE = PoseRow(
    (0.0, 0.38, 0.30),
    (0.0, -_HALF, _HALF, 0.0),
    f"{GYM}: the mount's orientation (palm up, forearm horizontal); moved so that the object starts above the origin",
)
START = StartRow((0.0, -0.05, 0.38), f"{GYM}: start of the object relative to the mount")
DROP = DropRow(
    (-0.12, -0.35, 0.22),
    (0.12, 0.06, 0.55),
    "paper C.1: the object has left the hand; box: 50 mm below the palm's centre, 220 mm from the mount (the wrist), "
    "beyond the fingertips, and well above",
)

_PALM = (0.0, 0.0, 0.33)
_CAMERA = "paper B.3: 640 x 480, about 50 cm from the hand, different viewpoints; places and field of view invented"
CAMERAS: tuple[CameraRow, ...] = (
    CameraRow("top", (0.0, -0.10, 0.82), _PALM, 32.0, (640, 480), _CAMERA),
    CameraRow("left", (0.38, -0.20, 0.58), _PALM, 32.0, (640, 480), _CAMERA),
    CameraRow("right", (-0.38, -0.20, 0.58), _PALM, 32.0, (640, 480), _CAMERA),
)
_LIGHT = "invented: a lamp above and one to either side; the paper draws 4 to 6 at random (Table 9)"
LIGHTS: tuple[LightRow, ...] = (
    LightRow((0.0, -0.4, 1.4), (0.0, 0.3, -1.0), (0.6, 0.6, 0.6), True, _LIGHT),
    LightRow((0.6, 0.3, 1.2), (-0.5, -0.2, -1.0), (0.3, 0.3, 0.3), False, _LIGHT),
    LightRow((-0.6, 0.3, 1.2), (0.5, -0.2, -1.0), (0.3, 0.3, 0.3), False, _LIGHT),
)


def camera_axes(row: CameraRow) -> np.ndarray:
    """Rotation (3, 3), world from MuJoCo's camera frame (x right, y up, looks along -z)."""
    back = np.subtract(row.position, row.target)
    back = back / np.linalg.norm(back)
    up = np.array([0.0, -1.0, 0.0]) if abs(back[2]) > 0.9 else np.array([0.0, 0.0, 1.0])
    right = np.cross(up, back)
    right = right / np.linalg.norm(right)
    return np.stack([right, np.cross(back, right), back], axis=-1)
