"""MuJoCo's classic OpenGL renderer, without a display: EGL, or OSMesa with MUJOCO_GL=osmesa."""

from __future__ import annotations

import importlib
import os
from typing import ClassVar

import cv2
import mujoco
import numpy as np

from inhand_sim.cameras.renderer import Renderer, RendererError

BACKENDS = ("egl", "osmesa")
PACKAGES = {"egl": "libegl1 libegl-mesa0 libgl1-mesa-dri", "osmesa": "libosmesa6"}
_SPECULAR = 0.3
"""Share of a lamp's light that shiny surfaces mirror: Phong highlights are brighter than real ones."""


class ClassicRenderer(Renderer):
    """Phong shading; all that is in the model when an image is made is in the image.

    What nothing was drawn on stays black and is given the background's colour afterwards: on a CPU, drawing a sky takes
    as long as drawing the hand. Blended edges would keep a black rim, so that with several samples the sky is drawn.
    """

    unsupported: ClassVar = {
        "robot.metallic": "Phong shading knows no metals",
        "object.metallic": "Phong shading knows no metals",
        "glossiness": "as strength and sharpness of highlights",
    }

    def _open(self) -> None:
        backend = os.environ.get("MUJOCO_GL", "") or BACKENDS[0]
        if backend not in BACKENDS:
            raise RendererError(f"renderer classic: MUJOCO_GL={backend!r} is not one of {list(BACKENDS)}")
        try:
            context = importlib.import_module(f"mujoco.{backend}").GLContext
            self._gl = context(*self.size)
        except Exception as error:  # a missing library shows as any of five exceptions
            other = BACKENDS[1 - BACKENDS.index(backend)]
            raise RendererError(
                f"renderer classic: no OpenGL through {backend} ({error}); install {PACKAGES[backend]}, "
                f"or set MUJOCO_GL={other}, or choose another renderer"
            ) from error
        self._gl.make_current()
        self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._scene = mujoco.MjvScene(self._model, maxgeom=200)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = self._config.classic.shadow_size > 0
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SKYBOX] = self._config.classic.samples > 0
        self._empty = np.empty((self.size[1], self.size[0], 3), np.uint8)
        self._empty[:] = np.array([255.0 * value for value in self._config.background], np.uint8)
        self._options, self._view = mujoco.MjvOption(), mujoco.MjvCamera()
        self._options.geomgroup[:] = True
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._viewport = mujoco.MjrRect(0, 0, *self.size)
        self._pixels = np.empty((self.size[1], self.size[0], 3), np.uint8)

    def _set_lamps(self, intensity: np.ndarray) -> None:
        light = self._config.classic.lamp * intensity[:, None]
        self._model.light_diffuse[:] = light
        self._model.light_specular[:] = _SPECULAR * light
        self._model.light_castshadow[:] = self._config.classic.shadow_size > 0

    def _draw(self, cameras: list[int], images: np.ndarray) -> None:
        self._gl.make_current()  # another renderer of the process may have made its own
        for camera, image in zip(cameras, images, strict=True):
            self._view.fixedcamid = camera
            everything = mujoco.mjtCatBit.mjCAT_ALL
            mujoco.mjv_updateScene(self._model, self._data, self._options, None, self._view, everything, self._scene)
            mujoco.mjr_render(self._viewport, self._scene, self._context)
            mujoco.mjr_readPixels(self._pixels, None, self._viewport, self._context)
            image[:] = self._pixels[::-1]
            if not self._config.classic.samples:
                cv2.copyTo(self._empty, cv2.inRange(image, (0, 0, 0), (0, 0, 0)), image)

    def _free(self) -> None:
        self._gl.make_current()  # the context's objects are deleted by number, in whatever context is current
        self._context.free()
        self._gl.free()
