"""MuJoCo's Filament renderer: physically based, on Vulkan, without a display, on the CPU unless a card is asked for."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import ClassVar

import mujoco
import numpy as np

from inhand_sim.cameras.renderer import Renderer, RendererError

FIX = "install libvulkan1 and mesa-vulkan-drivers, or choose renderer classic"
_DRIVERS = ("/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d")
_GEOM = mujoco.mjtObj.mjOBJ_GEOM


def check_vulkan() -> None:
    """Looks for what Filament needs, since it ends the process where that is missing.

    Raises:
        RendererError: no loader or no driver; the text says what to install.
    """
    try:
        ctypes.CDLL("libvulkan.so.1")
    except OSError as error:
        raise RendererError(f"renderer filament: no Vulkan loader ({error}); {FIX}") from error
    named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES")
    files = named.split(os.pathsep) if named else [str(f) for folder in _DRIVERS for f in Path(folder).glob("*.json")]
    if not any(Path(file).is_file() for file in files):
        raise RendererError(f"renderer filament: no Vulkan driver in {named or list(_DRIVERS)}; {FIX}")


class FilamentRenderer(Renderer):
    """Physically based shading: metals, roughness, lamps in candela, shadows, an environment's light.

    Its dithering differs from image to image by a level.
    """

    unsupported: ClassVar = {}

    def _open(self) -> None:
        check_vulkan()
        try:
            import mujoco.studio  # registers the materials
            from mujoco import mjrf
        except ImportError as error:
            raise RendererError(f"renderer filament: {error}; or choose renderer classic") from error
        self._mjrf = mjrf
        settings = mjrf.ContextConfig()
        settings.graphics_api = mjrf.GraphicsApi.GRAPHICS_API_VULKAN
        settings.software_rendering = not self._config.filament.gpu
        self._context = mjrf.Context(settings)
        self._resources = mjrf.ModelResources(self._context, self._model)
        self._scene = self._context.create_scene(mjrf.SceneParams())
        self._scene.configure_from_model(self._model)
        self._lights = mjrf.ModelLights(self._scene, self._resources)
        self._shapes = mjrf.ModelRenderables(self._scene, self._resources)
        self._view = mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._targets: list[tuple[object, object, np.ndarray]] = []

    def _target(self, index: int) -> tuple[object, object, np.ndarray]:
        """Render target, read request and pixels of the image number `index` of a call."""
        while len(self._targets) <= index:
            mjrf = self._mjrf
            settings = mjrf.RenderTargetConfig(color_format=mjrf.PixelFormat.PIXEL_FORMAT_RGB8)
            target = self._context.create_render_target(settings)
            target.resize(*self.size)
            read, pixels = mjrf.ReadRequest(target=target), np.empty((self.size[1], self.size[0], 3), np.uint8)
            read.set_buffer(pixels)
            self._targets.append((target, read, pixels))
        return self._targets[index]

    def _set_lamps(self, intensity: np.ndarray) -> None:
        self._lights.update(self._data)
        brightest = int(np.argmax(intensity))
        for lamp, value in enumerate(intensity):
            light = self._lights.get_light(lamp)
            light.set_intensity(float(self._config.filament.lamp * value))
            light.set_cast_shadow(lamp == brightest and self._config.filament.shadow_size > 0)
            light.set_pose(self._model.light_pos[lamp], self._model.light_dir[lamp])

    def _resize_object(self) -> None:
        for geom in self._parts.object:
            self._shapes.get_renderable(_GEOM, int(geom), sub_index=-1).set_size(self._model.geom_size[geom])

    def _draw(self, cameras: list[int], images: np.ndarray) -> None:
        self._shapes.update(self._data)
        frames = []
        for index, camera in enumerate(cameras):
            target, read, _ = self._target(index)
            self._view.fixedcamid = camera
            request = self._mjrf.RenderRequest()
            request.scene, request.target = self._scene, target
            request.camera = self._camera()
            request.viewport.width, request.viewport.height = self.size
            frames.append(self._context.render([request], [read]))  # it takes one read a frame
        for frame, image, (_, _, pixels) in zip(frames, images, self._targets):
            self._context.wait_for_frame(frame)
            image[:] = pixels

    def _camera(self) -> object:
        seen = mujoco.mjv_camera2GLCamera(self._model, self._data, self._view)
        fields = ("pos", "forward", "up", "frustum_bottom", "frustum_top", "frustum_near", "frustum_far")
        return self._mjrf.Camera(**{name: getattr(seen, name) for name in fields})

    def _free(self) -> None:
        self._targets.clear()
        del self._shapes, self._lights, self._scene, self._resources, self._context
