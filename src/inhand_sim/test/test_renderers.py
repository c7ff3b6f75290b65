"""Both renderers: what is where in the images, in which colour, and what looks change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import mujoco
import numpy as np
import pytest

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.random import row_seeds
from inhand_description import CAMERAS, JOINT_NAMES, OBJECTS
from inhand_sim.cameras import RENDERERS, Appearances, Renderer, RendererError, make_renderer
from inhand_sim.cameras.appearance import nominal_looks
from inhand_sim.cameras.hsv import rgb_to_hsv
from inhand_sim.cameras.renderer import CAMERA_ORDER

HIGH = np.array([0.0, -0.03, 0.42])
"""Above the palm, where nothing hides the object [m, world]."""
FACES = OBJECTS["block"].faces
HALF = OBJECTS["block"].half_size[0]
TILT = rotations.from_rotation_vector(np.array([0.3, -0.2, 0.4]))


@pytest.fixture(scope="module", params=sorted(RENDERERS))
def opened(request: pytest.FixtureRequest) -> Iterator[Renderer]:
    """Each renderer that this machine can run."""
    try:
        made = make_renderer(request.param)
    except RendererError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture
def renderer(opened: Renderer) -> Renderer:
    """Each of them with the nominal looks."""
    opened.set_looks(nominal_looks())
    return opened


def state(orientation: np.ndarray = TILT, position: np.ndarray = HIGH) -> np.ndarray:
    """qpos of a straight hand with the block at a pose in the world."""
    quaternion = rotations.xyzw_to_wxyz(np.asarray(orientation, float))
    return np.concatenate([np.zeros(len(JOINT_NAMES)), position, quaternion])


def mask(image: np.ndarray, face: int) -> np.ndarray:
    """Pixels (H, W) bool that have the hue of a coloured face."""
    hsv = rgb_to_hsv(image / 255.0)
    hue = rgb_to_hsv(np.array(FACES[face].rgb))[0]
    off = np.abs((hsv[..., 0] - hue + 0.5) % 1.0 - 0.5)
    return (off < 0.03) & (hsv[..., 1] > 0.6) & (hsv[..., 2] > 0.15)


def tile(face: int, orientation: np.ndarray = TILT, position: np.ndarray = HIGH, scale: float = 1.0) -> np.ndarray:
    """World points (4, 3) of the corners of a face's coloured tile, in order around it."""
    normal = np.array(FACES[face].normal)
    across = np.roll(normal, 1)
    along = np.cross(normal, across)
    corners = [normal + 0.92 * (a * across + b * along) for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    return position + rotations.rotate(np.asarray(orientation)[None], scale * HALF * np.array(corners))


def centroid(polygon: np.ndarray) -> tuple[np.ndarray, float]:
    """Centre (2,) and area of a polygon (n, 2)."""
    x, y = polygon.T
    x1, y1 = np.roll(polygon, -1, axis=0).T
    cross = x * y1 - x1 * y
    area = cross.sum() / 2.0
    return np.array([((x + x1) * cross).sum(), ((y + y1) * cross).sum()]) / (6.0 * area), abs(area)


def coloured(renderer: Renderer, camera: str) -> list[int]:
    """Faces with a hue of their own that look at a camera."""
    eye = renderer.camera(camera).pose[:3, 3]
    towards = (eye - HIGH) / np.linalg.norm(eye - HIGH)
    normals = rotations.rotate(TILT[None], np.array([face.normal for face in FACES]))
    return [i for i, n in enumerate(normals) if n @ towards > 0.4 and FACES[i].name != "white"]


@pytest.mark.parametrize("camera", CAMERA_ORDER)
def test_every_camera_sees_the_block_s_colours_where_its_matrix_says(renderer: Renderer, camera: str) -> None:
    image = renderer.render(state(), [camera])[0]
    seen = coloured(renderer, camera)
    assert seen
    for face in seen:
        u, v = renderer.camera(camera).project(tile(face).mean(axis=0)).round().astype(int)
        assert mask(image, face)[v, u], f"{FACES[face].name} at ({u}, {v}): {image[v, u]}"


@pytest.mark.parametrize("row", [None, 0])
def test_faces_lie_where_the_cameras_project_them_to_a_fraction_of_a_pixel(renderer: Renderer, row: int | None) -> None:
    """Their centres of area, with the nominal cameras and with those of a draw."""
    if row is not None:
        drawn = Appearances(row_seeds(3, 2)).draw().row(row)
        cameras = {name: getattr(drawn, name) for name in ("camera_offset", "camera_turn", "camera_fovy")}
        renderer.set_looks(replace(nominal_looks(), **cameras))
    images = renderer.render(state())
    for image, camera in zip(images, CAMERA_ORDER, strict=True):
        for face in coloured(renderer, camera):
            expected, area = centroid(renderer.camera(camera).project(tile(face)))
            rows, columns = np.nonzero(mask(image, face))
            assert abs(len(rows) / area - 1.0) < 0.12, FACES[face].name
            assert np.abs(np.array([columns.mean(), rows.mean()]) - expected).max() < 0.6, FACES[face].name


def test_nominal_cameras_are_those_of_the_description(renderer: Renderer) -> None:
    for row in CAMERAS:
        camera = renderer.camera(row.name)
        assert np.allclose(camera.pose[:3, 3], row.position)
        assert np.allclose(camera.project(np.array(row.target)), [319.5, 239.5])


def test_the_hand_is_in_every_image(renderer: Renderer) -> None:
    images = renderer.render(state(position=np.array([0.0, 0.0, 9.0])))
    for image in images:
        different = np.abs(image.astype(int) - image[0, 0].astype(int)).max(axis=-1) > 12
        assert 0.03 < different.mean() < 0.6


def test_the_background_is_what_a_drawn_sky_would_be() -> None:
    """To the byte, under any looks: the classic renderer fills in what it left empty."""
    drawn = Appearances(row_seeds(4, 3)).draw()
    made = make_renderer("classic", crop=400)
    sky = mujoco.mjtRndFlag.mjRND_SKYBOX
    try:
        for row in range(3):
            made.set_looks(drawn.row(row))
            filled = made.render(state())
            made._scene.flags[sky] = True
            assert np.array_equal(filled, made.render(state()))
            made._scene.flags[sky] = False
    finally:
        made.close()


def test_a_bigger_object_covers_more(renderer: Renderer) -> None:
    face = [row.name for row in FACES].index("yellow")
    areas = []
    for scale in (1.0, 1.05, 1.0):
        image = renderer.render(state(), ["top"], object_scale=scale)[0]
        areas.append(mask(image, face).sum() / centroid(renderer.camera("top").project(tile(face, scale=scale)))[1])
    assert np.allclose(areas, areas[0], rtol=0.02)


def test_the_middle_alone_is_the_middle_of_the_whole(renderer: Renderer) -> None:
    whole = renderer.render(state(), ["left"])[0][40:440, 120:520].astype(int)
    name = next(name for name, kind in RENDERERS.items() if isinstance(renderer, kind()))
    middle = make_renderer(name, crop=400)
    try:
        image = middle.render(state(), ["left"])[0].astype(int)
        assert np.allclose(middle.camera("left").k[:2, 2], 199.5)
        assert np.allclose(middle.camera("left").k[0, 0], renderer.camera("left").k[0, 0])
    finally:
        middle.close()
    assert np.abs(image - whole).mean() < 1.0
    assert (np.abs(image - whole).max(axis=-1) > 40).mean() < 0.01


def test_a_renderer_that_is_forgotten_does_not_harm_another(renderer: Renderer) -> None:
    name = next(name for name, kind in RENDERERS.items() if isinstance(renderer, kind()))
    before = renderer.render(state(), ["top"])[0].astype(int)
    forgotten = make_renderer(name, crop=200)
    lasting = make_renderer(name, crop=200)
    first = lasting.render(state(), ["top"])[0].astype(int)
    del forgotten
    assert np.abs(lasting.render(state(), ["top"])[0] - first).mean() < 1.0
    assert np.abs(renderer.render(state(), ["top"])[0] - before).mean() < 1.0 < np.ptp(before)
    lasting.close()


def test_looks_colour_the_hand(renderer: Renderer) -> None:
    green = replace(nominal_looks(), robot_rgb=np.broadcast_to([0.0, 1.0, 0.0], nominal_looks().robot_rgb.shape))
    renderer.set_looks(green)
    image = renderer.render(state(position=np.array([0.0, 0.0, 9.0])), ["top"])[0].astype(int)
    hand = np.abs(image - image[0, 0]).max(axis=-1) > 12
    assert np.median((image[..., 1] - image[..., 0])[hand]) > 20


def test_more_light_is_brighter_and_no_lamp_is_not_black(renderer: Renderer) -> None:
    means = []
    for total in (0.0, 7.5, 15.0):
        looks = nominal_looks()
        renderer.set_looks(replace(looks, lamp_intensity=looks.lamp_intensity * total / 7.5))
        means.append(renderer.render(state(), ["top"])[0][mask(renderer.render(state(), ["top"])[0], 4)].mean())
    assert 5.0 < means[0] < means[1] < means[2]


def test_a_renderer_leaves_out_what_it_says_it_leaves_out(renderer: Renderer) -> None:
    images = []
    for metallic in (0.0, 1.0):
        renderer.set_looks(replace(nominal_looks(), robot_metallic=np.full(1, metallic)))
        images.append(renderer.render(state(), ["top"])[0].astype(int))
    changed = np.abs(images[0] - images[1]).mean() > 1.0
    assert changed != ("robot.metallic" in renderer.unsupported)


def test_the_prism_has_its_colours() -> None:
    names = [face.name for face in OBJECTS["prism"].faces]
    made = make_renderer(object="prism")
    try:
        image = made.render(state(np.array([0.0, 0.0, 0.0, 1.0])), ["top"])[0]
        u, v = made.camera("top").project(HIGH + np.array([0.0, 0.0, HALF])).round().astype(int)
    finally:
        made.close()
    assert "white" in names and np.ptp(image[v, u].astype(int)) < 12 and image[v, u].min() > 60


def test_both_renderers_draw_the_same_outlines() -> None:
    masks = []
    for name in sorted(RENDERERS):
        try:
            made = make_renderer(name, crop=400)
        except RendererError as error:
            pytest.skip(str(error))
        images = made.render(state())
        made.close()
        masks.append(np.stack([np.any([mask(image, face) for face in range(5)], axis=0) for image in images]))
    both, either = (masks[0] & masks[1]).sum(), (masks[0] | masks[1]).sum()
    assert both / either > 0.93


@pytest.mark.parametrize(
    ("options", "culprit"),
    [({"name": "raytracer"}, "'raytracer' is not one of"), ({"object": "ball"}, "'ball'"), ({"crop": 0}, "crop")],
)
def test_unknown_names_are_refused(options: dict, culprit: str) -> None:
    with pytest.raises(ConfigError, match=culprit):
        make_renderer(**{"name": "classic", **options})


def test_wrong_states_are_refused(renderer: Renderer) -> None:
    with pytest.raises(ValueError, match=r"\(30,\)"):
        renderer.render(np.zeros(30))
    with pytest.raises(ValueError, match="bottom"):
        renderer.render(state(), ["bottom"])


def test_a_missing_library_is_named_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VK_DRIVER_FILES", "/nowhere/driver.json")
    with pytest.raises(RendererError, match=r"/nowhere/driver.json.*mesa-vulkan-drivers"):
        make_renderer("filament")
    monkeypatch.setenv("MUJOCO_GL", "vga")
    with pytest.raises(RendererError, match=r"'vga' is not one of \['egl', 'osmesa'\]"):
        make_renderer("classic")
