"""The model that is rendered: what can be seen of hand and object, with materials and lamps that looks can change."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from inhand_core import rotations
from inhand_description import CAMERAS, OBJECTS, ModelConfig, build_spec
from inhand_sim.cameras.appearance import ABOVE, LAMPS, PALM, PARTS, Looks
from inhand_sim.cameras.hsv import hsv_to_rgb, rgb_to_hsv
from inhand_sim.cameras.meshes import simplify_meshes
from inhand_sim.cameras.settings import CamerasConfig

_VISIBLE = "rh_V"
_DARK = 0.08
"""Brightness of the object's edges between its faces, relative to full."""

_MESH = "object_mesh"
"""The geom of an object that is shown by a mesh."""


@dataclass(frozen=True)
class Parts:
    """Where things are in the model that is rendered; index arrays.

    Attributes:
        hand: geoms of the hand, at most PARTS.
        object: geoms of the object; faces: those that are its coloured faces, in the description's order.
        faces_rgb: (F, 3) their nominal colours.
        robot, coat: ids of the hand's and the object's material.
        object_size, object_position: nominal sizes and places of the object's geoms.
        camera_position, camera_quaternion: nominal, (3, 3) [m, world] and (3, 4) x, y, z, w; camera_fovy (3,) [deg].
    """

    hand: np.ndarray
    object: np.ndarray
    faces: np.ndarray
    faces_rgb: np.ndarray
    robot: int
    coat: int
    object_size: np.ndarray
    object_position: np.ndarray
    camera_position: np.ndarray
    camera_quaternion: np.ndarray
    camera_fovy: np.ndarray


def build_scene(name: str, config: CamerasConfig) -> mujoco.MjModel:
    """The model with the object `name`: visible geoms, LAMPS lamps, qpos as in `inhand_description.build_spec`.

    Raises:
        ConfigError: an unknown object.
    """
    thing = OBJECTS[name]
    spec = build_spec(ModelConfig(object=name, visuals=True))
    for group in (spec.pairs, spec.excludes, spec.lights, spec.sites, spec.actuators, spec.tendons):
        for element in list(group):
            spec.delete(element)
    for material, prefix in (("robot", _VISIBLE), ("coat", ("face_", "object"))):
        spec.add_material(name=material, rgba=[1.0, 1.0, 1.0, 1.0])
        for geom in spec.geoms:
            if geom.name.startswith(prefix):
                geom.material = material
    for geom in list(spec.geoms):
        if not geom.material or geom.material not in ("robot", "coat"):
            spec.delete(geom)
        elif geom.name == _MESH:
            geom.rgba = [*thing.row.rgb, 1.0]
        elif geom.name.startswith("object") and thing.row.mesh is not None:
            spec.delete(geom)
        elif geom.name.startswith("object"):
            geom.rgba = [_DARK, _DARK, _DARK, 1.0]
    for element in [m for m in spec.materials if m.name not in ("robot", "coat")] + list(spec.textures):
        spec.delete(element)
    for lamp in range(LAMPS):
        spec.worldbody.add_light(name=f"lamp_{lamp}", pos=PALM + ABOVE, dir=-ABOVE)
    _set_quality(spec, config)
    simplify_meshes(spec, config.detail)
    return spec.compile()


def _set_quality(spec: mujoco.MjSpec, config: CamerasConfig) -> None:
    classic, filament = config.classic, config.filament
    visual = spec.visual
    visual.global_.offwidth, visual.global_.offheight = (max(row.resolution[i] for row in CAMERAS) for i in (0, 1))
    shadow = classic.shadow_size if config.renderer == "classic" else filament.shadow_size
    visual.quality.shadowsize, visual.quality.offsamples = max(shadow, 1), classic.samples
    visual.headlight.ambient = [classic.ambient] * 3
    visual.headlight.diffuse, visual.headlight.specular = [0.0] * 3, [0.0] * 3
    visual.map.znear, visual.map.zfar = 0.01, 10.0
    for name, value in (
        ("clear_color", [*config.background, 1.0]),
        ("fallback.environment_light_intensity", [filament.ambient]),
        ("shadows.map_size", [float(max(filament.shadow_size, 1))]),
        ("ao.enabled", [float(filament.ambient_occlusion)]),
    ):
        spec.add_numeric(name=f"filament.{name}", data=value)
    flat = mujoco.mjtBuiltin.mjBUILTIN_FLAT
    sky = mujoco.mjtTexture.mjTEXTURE_SKYBOX
    color = list(config.background)
    spec.add_texture(name="sky", type=sky, builtin=flat, width=4, height=24, rgb1=color, rgb2=color)


def find_parts(model: mujoco.MjModel, name: str) -> Parts:
    """Looks up what `dress` and the renderers change.

    Raises:
        ValueError: the hand has more visible parts than there are colours.
    """
    names = [model.geom(geom).name for geom in range(model.ngeom)]
    hand = np.array([geom for geom, text in enumerate(names) if text.startswith(_VISIBLE)])
    if len(hand) > PARTS:
        raise ValueError(f"the hand has {len(hand)} visible parts, looks have colours for {PARTS}")
    rows = OBJECTS[name].faces
    own = np.array([geom for geom, text in enumerate(names) if text.startswith(("face_", "object"))])
    cameras = [model.camera(row.name).id for row in CAMERAS]
    return Parts(
        hand=hand,
        object=own,
        faces=np.array([names.index(f"face_{row.name}") for row in rows], int),
        faces_rgb=np.array([row.rgb for row in rows]).reshape(-1, 3),
        robot=model.mat("robot").id,
        coat=model.mat("coat").id,
        object_size=model.geom_size[own].copy(),
        object_position=model.geom_pos[own].copy(),
        camera_position=model.cam_pos[cameras].copy(),
        camera_quaternion=rotations.wxyz_to_xyzw(model.cam_quat[cameras]),
        camera_fovy=model.cam_fovy[cameras].copy(),
    )


def dress(model: mujoco.MjModel, parts: Parts, looks: Looks, crop: float) -> None:
    """Writes one state's looks (leading axis 1) into the model; each renderer takes the lamps' brightness itself.

    Args:
        model: of `build_scene`; changed.
        parts: of `find_parts`.
        looks: one row.
        crop: part of the image's height that is rendered, in (0, 1].
    """
    count = len(parts.hand)
    model.geom_rgba[parts.hand, :3] = looks.robot_rgb[0, :count]
    hsv = rgb_to_hsv(parts.faces_rgb) + looks.face_hsv[0, : len(parts.faces)]
    model.geom_rgba[parts.faces, :3] = hsv_to_rgb(hsv)
    for material, metallic, glossiness in (
        (parts.robot, looks.robot_metallic[0], looks.robot_glossiness[0]),
        (parts.coat, looks.object_metallic[0], looks.object_glossiness[0]),
    ):
        model.mat_metallic[material], model.mat_roughness[material] = metallic, 1.0 - glossiness
        model.mat_specular[material] = model.mat_shininess[material] = glossiness
    model.cam_pos[:] = parts.camera_position + looks.camera_offset[0]
    turned = rotations.multiply(looks.camera_turn[0], parts.camera_quaternion)
    model.cam_quat[:] = rotations.xyzw_to_wxyz(turned)
    half = np.tan(np.radians(parts.camera_fovy + looks.camera_fovy[0]) / 2.0)
    model.cam_fovy[:] = 2.0 * np.degrees(np.arctan(crop * half))
    model.light_pos[:] = looks.lamp_position[0]
    model.light_dir[:] = PALM - looks.lamp_position[0]
    model.light_active[:] = looks.lamp_intensity[0] > 0.0


def scale_object(model: mujoco.MjModel, parts: Parts, scale: float) -> None:
    """Gives the object `scale` times its nominal size."""
    model.geom_size[parts.object] = scale * parts.object_size
    model.geom_pos[parts.object] = scale * parts.object_position
