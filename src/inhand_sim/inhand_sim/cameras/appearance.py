"""Draws the looks of a scene: Table 9 of the paper, one row of a batch a state."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.random import RowRandom
from inhand_description import CAMERAS, LIGHTS
from inhand_description.object_file import MAX_FACES
from inhand_sim.cameras.ranges import AppearanceConfig, load_appearance

FACES = MAX_FACES
PARTS = 32
"""Visible parts of the hand that can have a colour of their own."""
LAMPS = 6
PALM = np.array(CAMERAS[0].target)
"""What lamps shine at (3,) [m, world]."""
ABOVE = np.array([0.0, 0.0, 1.0])
"""From the palm to a lamp that is not lit (3,) [m, world]."""
ROBOT_RGB = (0.30, 0.31, 0.33)
NOMINAL_INTENSITY = 7.5
"""Total intensity of the nominal lights: the middle of the paper's range."""


@dataclass(frozen=True)
class Looks:
    """How B scenes look; arrays with leading axis B, rows are states.

    Attributes:
        camera_offset: (B, 3, 3) [m, world], order of CAMERAS; camera_turn: (B, 3, 4) world rotation after the nominal;
            camera_fovy: (B, 3) [deg], added.
        robot_rgb: (B, PARTS, 3); robot_metallic, robot_glossiness: (B,).
        face_hsv: (B, FACES, 3) added to hue [turns], saturation and value; object_metallic, object_glossiness: (B,).
        lamp_position: (B, LAMPS, 3) [m, world], shining at `PALM`; lamp_intensity: (B, LAMPS), 0 where there is none.
    """

    camera_offset: np.ndarray
    camera_turn: np.ndarray
    camera_fovy: np.ndarray
    robot_rgb: np.ndarray
    robot_metallic: np.ndarray
    robot_glossiness: np.ndarray
    face_hsv: np.ndarray
    object_metallic: np.ndarray
    object_glossiness: np.ndarray
    lamp_position: np.ndarray
    lamp_intensity: np.ndarray

    def __len__(self) -> int:
        return len(self.camera_offset)

    def row(self, index: int) -> Looks:
        """The looks of one state, with leading axis 1."""
        return Looks(**{field.name: getattr(self, field.name)[index : index + 1] for field in fields(self)})


def nominal_looks() -> Looks:
    """The scene as the description has it, with leading axis 1."""
    cameras = len(CAMERAS)
    diffuse = np.array([np.mean(row.diffuse) for row in LIGHTS])
    position, intensity = np.tile(PALM + ABOVE, (LAMPS, 1)), np.zeros(LAMPS)
    position[: len(LIGHTS)] = [row.position for row in LIGHTS]
    intensity[: len(LIGHTS)] = NOMINAL_INTENSITY * diffuse / diffuse.sum()
    return Looks(
        camera_offset=np.zeros((1, cameras, 3)),
        camera_turn=np.tile([0.0, 0.0, 0.0, 1.0], (1, cameras, 1)),
        camera_fovy=np.zeros((1, cameras)),
        robot_rgb=np.tile(ROBOT_RGB, (1, PARTS, 1)),
        robot_metallic=np.full(1, 0.15),
        robot_glossiness=np.full(1, 0.4),
        face_hsv=np.zeros((1, FACES, 3)),
        object_metallic=np.full(1, 0.1),
        object_glossiness=np.full(1, 0.1),
        lamp_position=position[None],
        lamp_intensity=intensity[None],
    )


class Appearances:
    """Draws looks for B rows, each from its own stream: a row of a batch equals the row alone.

    Args:
        seeds: (B,) row seeds.
        config: ranges; None: those of config/appearance.yaml.
    """

    def __init__(self, seeds: np.ndarray, config: AppearanceConfig | None = None) -> None:
        self.config = config or load_appearance()
        if self.config.cameras.count.value != len(CAMERAS):
            raise ConfigError(f"appearance.yaml: cameras.count must be {len(CAMERAS)}, the description's cameras")
        if self.config.lights.count.hi > LAMPS:
            raise ConfigError(f"appearance.yaml: lights.count must not exceed {LAMPS}")
        self._random = RowRandom(seeds, "appearance")

    def draw(self, rows: np.ndarray | None = None) -> Looks:
        """Fresh looks of the rows `rows` (n,), or of all."""
        config, random = self.config, self._random
        rows = np.arange(len(random.counter)) if rows is None else rows
        cameras = len(CAMERAS)
        axis = _directions(random.uniform((cameras, 2), rows))
        turn = np.radians(config.cameras.rotation.draw(random, (cameras,), rows))
        hsv = [getattr(config.object, name).draw(random, (FACES,), rows) for name in ("hue", "saturation", "value")]
        position, intensity = self._lamps(rows)
        return Looks(
            camera_offset=config.cameras.position.draw(random, (cameras, 3), rows),
            camera_turn=rotations.from_axis_angle(axis, turn),
            camera_fovy=config.cameras.field_of_view.draw(random, (cameras,), rows),
            robot_rgb=config.robot.color.draw(random, (PARTS, 3), rows),
            robot_metallic=config.robot.metallic.draw(random, (), rows),
            robot_glossiness=config.robot.glossiness.draw(random, (), rows),
            face_hsv=np.stack(hsv, axis=-1),
            object_metallic=config.object.metallic.draw(random, (), rows),
            object_glossiness=config.object.glossiness.draw(random, (), rows),
            lamp_position=position,
            lamp_intensity=intensity,
        )

    def _lamps(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions (n, LAMPS, 3) and intensities (n, LAMPS); how many are lit, and how the total is shared out."""
        lights, random = self.config.lights, self._random
        lowest, highest = round(lights.count.lo), round(lights.count.hi)
        count = lowest + random.integers(highest - lowest + 1, (), rows)
        direction = _directions(random.uniform((LAMPS, 2), rows))
        direction[..., 2] = np.abs(direction[..., 2])
        relative = lights.relative_intensity.draw(random, (LAMPS,), rows) * (np.arange(LAMPS) < count[:, None])
        total = lights.total_intensity.draw(random, (), rows)
        return PALM + lights.distance.value * direction, total[:, None] * relative / relative.sum(1, keepdims=True)


def _directions(u: np.ndarray) -> np.ndarray:
    """Unit vectors (…, 3), uniform over the sphere, from uniform numbers (…, 2)."""
    z, angle = 2.0 * u[..., 0] - 1.0, 2.0 * math.pi * u[..., 1]
    across = np.sqrt(1.0 - z * z)
    return np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=-1)
