"""The renderers' common part, and the table that makes one by name."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import mujoco
import numpy as np

from inhand_core import poses, rotations
from inhand_core.config import ConfigError
from inhand_description import CAMERAS
from inhand_description.cameras import OPTICAL_FROM_CAMERA
from inhand_sim.cameras.appearance import Looks, nominal_looks
from inhand_sim.cameras.scene import build_scene, dress, find_parts, scale_object
from inhand_sim.cameras.settings import CamerasConfig, load_cameras_config

CAMERA_ORDER = tuple(row.name for row in CAMERAS)
"""Names of the cameras: top, left, right."""


class RendererError(RuntimeError):
    """A renderer that this machine cannot run; the text says what is missing and what to do."""


@dataclass(frozen=True)
class Camera:
    """A camera as it is rendered.

    Attributes:
        k: camera matrix (3, 3) [px] of the rendered image, pixel centres at integers.
        pose: (4, 4) world from the optical frame (z forward, x right, y down).
    """

    k: np.ndarray
    pose: np.ndarray

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixels (…, 2) of points (…, 3) [m, world] in front of the camera."""
        local = (np.asarray(points) - self.pose[:3, 3]) @ self.pose[:3, :3]
        pixels = local @ self.k.T
        return pixels[..., :2] / pixels[..., 2:]


class Renderer(ABC):
    """Renders hand and object; one a process, and always from the same thread.

    Args:
        name: of the object, or its path.
        config: settings.
        crop: side [px] of the square in the image's middle that is rendered alone; None: the whole image.

    Attributes:
        size: (width, height) of the images [px].
        unsupported: rows of config/appearance.yaml that this renderer leaves out, or does in part, and why.
    """

    unsupported: ClassVar[dict[str, str]]
    _opened = False

    def __init__(self, name: str, config: CamerasConfig, crop: int | None = None) -> None:
        width, height = CAMERAS[0].resolution
        if crop is not None and not 0 < crop <= min(width, height):
            raise ConfigError(f"crop must be in [1, {min(width, height)}] px, is {crop}")
        self.size = (width, height) if crop is None else (crop, crop)
        self._crop = self.size[1] / height
        self._config = config
        self._model = build_scene(name, config)
        self._data = mujoco.MjData(self._model)
        self._parts = find_parts(self._model, name)
        self._scale = 1.0
        self._open()
        self._opened = True
        self.set_looks(nominal_looks())

    def set_looks(self, looks: Looks) -> None:
        """Sets the looks of all further images; one row."""
        dress(self._model, self._parts, looks, self._crop)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        self._set_lamps(looks.lamp_intensity[0])

    def render(self, qpos: np.ndarray, cameras: Sequence[str] = CAMERA_ORDER, object_scale: float = 1.0) -> np.ndarray:
        """Images (n, height, width, 3) uint8 RGB of one state, in the order of `cameras`.

        Args:
            qpos: (31,) 24 joint angles [rad], the object's position [m, world] and quaternion (w first, as in MuJoCo).
            cameras: names among top, left, right.
            object_scale: size of the object relative to nominal.

        Raises:
            ValueError: a qpos of another shape or an unknown camera.
        """
        if np.shape(qpos) != (self._model.nq,):
            raise ValueError(f"qpos has shape {np.shape(qpos)}, expected ({self._model.nq},)")
        if unknown := sorted(set(cameras) - set(CAMERA_ORDER)):
            raise ValueError(f"unknown cameras {unknown}; known {list(CAMERA_ORDER)}")
        if object_scale != self._scale:
            scale_object(self._model, self._parts, object_scale)
            self._scale = object_scale
            self._resize_object()
        self._data.qpos[:] = qpos
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        images = np.empty((len(cameras), self.size[1], self.size[0], 3), np.uint8)
        self._draw([self._model.camera(name).id for name in cameras], images)
        return images

    def camera(self, name: str) -> Camera:
        """Intrinsics and pose with which camera `name` is rendered now."""
        index = self._model.camera(name).id
        width, height = self.size
        focal = 0.5 * height / np.tan(0.5 * np.radians(self._model.cam_fovy[index]))
        k = np.array([[focal, 0.0, (width - 1) / 2], [0.0, focal, (height - 1) / 2], [0.0, 0.0, 1.0]])
        pose = poses.to_matrix(self._model.cam_pos[index], rotations.wxyz_to_xyzw(self._model.cam_quat[index]))
        pose[:3, :3] = pose[:3, :3] @ OPTICAL_FROM_CAMERA
        return Camera(k, pose)

    @abstractmethod
    def _open(self) -> None:
        """Makes the graphics context for the model.

        Raises:
            RendererError: this machine cannot.
        """

    @abstractmethod
    def _draw(self, cameras: list[int], images: np.ndarray) -> None:
        """Renders the data's state from each camera into the rows of `images`."""

    @abstractmethod
    def _set_lamps(self, intensity: np.ndarray) -> None:
        """Takes over the model's lamps with brightness (LAMPS,), in the units of config/appearance.yaml."""

    def _resize_object(self) -> None:  # noqa: B027 - what reads the model's sizes at each image has nothing to do
        """Takes over the object's new size."""

    @abstractmethod
    def _free(self) -> None:
        """Frees the graphics context, after what lives in it."""

    def close(self) -> None:
        """Frees what the renderer holds; it cannot render any more."""
        if self._opened:
            self._opened = False
            self._free()

    def __del__(self) -> None:
        self.close()


def _classic() -> type[Renderer]:
    from inhand_sim.cameras.classic import ClassicRenderer

    return ClassicRenderer


def _filament() -> type[Renderer]:
    from inhand_sim.cameras.filament import FilamentRenderer

    return FilamentRenderer


RENDERERS: dict[str, Callable[[], type[Renderer]]] = {"classic": _classic, "filament": _filament}


def make_renderer(
    name: str | None = None, object: str = "block", crop: int | None = None, config: CamerasConfig | None = None
) -> Renderer:
    """Makes the renderer `name` ("classic", "filament"; None: the one of config/cameras_sim.yaml).

    Args:
        name: the renderer.
        object: its name, or the path of its file.
        crop: see `Renderer`.
        config: settings; None: those of config/cameras_sim.yaml.

    Raises:
        ConfigError: an unknown renderer or object.
        RendererError: this machine lacks what it needs.
    """
    config = config or load_cameras_config()
    config = replace(config, renderer=name or config.renderer)
    if config.renderer not in RENDERERS:
        raise ConfigError(f"renderer: {config.renderer!r} is not one of {sorted(RENDERERS)}")
    if config.threads:
        os.environ.setdefault("LP_NUM_THREADS", str(config.threads))  # read by Mesa when it makes its first context
    return RENDERERS[config.renderer]()(object, config, crop)
