"""Draws samples: a state, the object's pose augmented, looks randomised, three images rendered; with labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.random import RowRandom, row_seeds
from inhand_description.scene import CAMERAS
from inhand_sim.cameras import Appearances, Renderer, augment_poses, load_appearance, make_renderer
from inhand_training.vision.states import object_in_world
from inhand_vision.datasets.files import Samples
from inhand_vision.images import ImageConfig, crop_and_resize, input_matrix
from inhand_vision.rig import base_pose

NAMES = tuple(row.name for row in CAMERAS)
AWAY = np.array([0.0, 0.0, -3.0])
"""Where an object is that shall not be in view [m, added]."""


@dataclass(frozen=True)
class SampleConfig:
    """What is rendered.

    Attributes:
        renderer: "classic" or "filament".
        object: its name, or the path of its file.
        images: crop and size.
        looks: randomise what config/appearance.yaml lists; false: as the description has it.
        augment: change the object's pose as the paper's D.2 does.
        scale_spread: object sizes within this share of nominal, uniform.
        absent: share of samples without an object.
    """

    renderer: str
    object: str
    images: ImageConfig
    looks: bool
    augment: bool
    scale_spread: float
    absent: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.scale_spread < 0.5 or not 0.0 <= self.absent < 1.0:
            raise ConfigError("scale_spread must be in [0, 0.5) and absent in [0, 1)")


def empty_samples(count: int, size: int) -> Samples:
    """Arrays for `count` samples; a sample without an object has a position that is not a number."""
    cameras = len(NAMES)
    return Samples(
        np.empty((count, cameras, size, size, 3), np.uint8),
        np.empty((count, 3)),
        np.empty((count, 4)),
        np.empty((count, cameras, 3, 3), np.float32),
        np.empty((count, cameras, 4, 4), np.float32),
        np.zeros((count, 1 + cameras), np.int64),
    )


class SampleMaker:
    """Renders samples of one stream.

    Args:
        config: what to render.
        states: (n, 31) qpos.
        seed: of the stream; other seeds give other states, poses and looks.
    """

    def __init__(self, config: SampleConfig, states: np.ndarray, seed: int) -> None:
        self._config = config
        self._states = states
        seeds = row_seeds(seed, 1)
        self._random = RowRandom(seeds, "samples")
        self._appearances = Appearances(seeds)
        self._ranges = load_appearance().pose
        self._renderer: Renderer = make_renderer(config.renderer, config.object, crop=config.images.crop)
        self._base = np.linalg.inv(base_pose())

    def make(self, out: Samples, row: int) -> None:
        """Draws the next sample into row `row` of `out`."""
        config, random = self._config, self._random
        qpos = self._states[int(random.integers(len(self._states))[0])].copy()
        position, orientation = object_in_world(qpos[None])
        if config.augment:
            position, orientation = augment_poses(position, orientation, self._ranges, random)
        scale = 1.0 + config.scale_spread * (2.0 * float(random.uniform()[0]) - 1.0)
        away = float(random.uniform()[0]) < config.absent
        qpos[24:27] = position[0] + (AWAY if away else 0.0)
        qpos[27:31] = rotations.xyzw_to_wxyz(orientation)[0]
        if config.looks:
            self._renderer.set_looks(self._appearances.draw())
        images = self._renderer.render(qpos, NAMES, object_scale=scale)
        out.position[row] = np.nan if away else self._base[:3, :3] @ position[0] + self._base[:3, 3]
        turn = rotations.from_matrix(self._base[:3, :3])
        out.orientation[row] = rotations.canonical(rotations.multiply(turn[None], orientation))[0]
        for index, name in enumerate(NAMES):
            camera = self._renderer.camera(name)
            out.images[row, index] = crop_and_resize(images[index], config.images)
            out.camera_matrix[row, index] = input_matrix(camera.k, self._renderer.size, config.images)
            out.camera_pose[row, index] = self._base @ camera.pose

    def close(self) -> None:
        """Frees the renderer."""
        self._renderer.close()
