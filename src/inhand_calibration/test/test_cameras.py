"""Calibration of cameras: geometry by its laws, exact recovery from exact views, refusals, rendered views, a bag."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import cv2
import numpy as np
import pytest
from bag_maker import SECOND, BagMaker
from scipy.spatial.transform import Rotation

from inhand_calibration.cameras import geometry
from inhand_calibration.cameras.board import Board, Detection
from inhand_calibration.cameras.commands import cameras
from inhand_calibration.cameras.config import load_camera_settings
from inhand_calibration.cameras.extrinsics import fit_extrinsics, reprojection, split
from inhand_calibration.cameras.intrinsics import fit_intrinsics
from inhand_calibration.cameras.proof import _shown_to, draw_truth
from inhand_calibration.cameras.render import BoardRenderer
from inhand_calibration.cameras.run import calibrate
from inhand_calibration.cameras.views import View, Views, read_bag, read_folder
from inhand_core.config import ConfigError
from inhand_description.cameras import CAMERA_NAMES, read_info, read_poses

CONFIG = load_camera_settings()
BOARD = Board(CONFIG.board)
TRUTH = draw_truth(5, BOARD, CONFIG.proof)


def exact_views(moments: int, noise_px: float = 0.0, noise_m: float = 0.0) -> Views:
    """What perfect detection finds of a board shown at many poses."""
    rng, found = np.random.default_rng(0), Views(size=dict.fromkeys(CAMERA_NAMES, (640, 480)))
    for moment in range(moments):
        pose = _shown_to(TRUTH.poses[CAMERA_NAMES[moment % 3]], BOARD, rng)
        leds = geometry.transform(pose, TRUTH.leds) + rng.normal(0.0, noise_m, TRUTH.leds.shape)
        for name in CAMERA_NAMES:
            seen = geometry.compose(geometry.world_to_camera(TRUTH.poses[name]), pose)
            if Rotation.from_rotvec(seen[:3]).as_matrix()[2, 2] < 0.5:
                continue
            pixels = geometry.project(geometry.lens_row(TRUTH.infos[name]), geometry.transform(seen, BOARD.corners))
            ids = np.flatnonzero(((pixels > 5) & (pixels < [634, 474])).all(axis=1))
            if len(ids) >= CONFIG.views.min_corners:
                pixels = pixels[ids] + rng.normal(0.0, noise_px, (len(ids), 2))
                found.views.append(View(name, float(moment), Detection(ids, pixels), leds))
    return found


def test_projection_equals_opencvs() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform([-0.2, -0.2, 0.4], [0.2, 0.2, 0.8], (50, 3))
    info = TRUTH.infos["camera_left"]
    pose = rng.normal(0.0, 0.1, 6)
    expected, _ = cv2.projectPoints(points, pose[:3], pose[3:], info.matrix, np.array(info.d))
    assert np.allclose(
        geometry.project(geometry.lens_row(info), geometry.transform(pose, points)), expected[:, 0], atol=1e-9
    )


def test_poses_are_a_group_and_registration_finds_them() -> None:
    rng = np.random.default_rng(1)
    a, b, points = rng.normal(size=6), rng.normal(size=6), rng.normal(size=(5, 3))
    both = geometry.transform(geometry.compose(a, b), points)
    assert np.allclose(both, geometry.transform(a, geometry.transform(b, points)))
    assert np.allclose(geometry.transform(geometry.inverse(a), geometry.transform(a, points)), points)
    assert np.allclose(geometry.transform(geometry.register(points, both), points), both)
    pose = geometry.camera_pose(a)
    assert np.allclose(geometry.transform(geometry.world_to_camera(pose), points), geometry.transform(a, points))
    spread = np.concatenate([a + rng.normal(0.0, 1e-3, (9, 6)), rng.normal(size=(3, 6))])
    assert np.allclose(geometry.middle(spread), a, atol=5e-3), "three of twelve are wrong"


def test_the_drawn_board_is_found_where_it_is_and_the_print_is_its_equal() -> None:
    scale = 60
    drawn = BOARD.draw(scale)
    found = BOARD.detect(np.pad(drawn, 40, constant_values=255))
    assert len(found.ids) == len(BOARD.corners)
    expected = BOARD.corners[found.ids, :2] / CONFIG.board.square * scale - 0.5 + 40
    assert np.abs(found.pixels - expected).max() < 0.1
    fine = BOARD.draw(300)
    page = np.full_like(fine, 255)
    for shape in ElementTree.fromstring(BOARD.svg()):
        x, y, edge = (float(shape.get(key)) * 0.3 / CONFIG.board.square for key in ("x", "y", "width"))
        page[round(y) : round(y + edge), round(x) : round(x + edge)] = 0
    assert (page != fine).mean() < 0.01


def test_exact_views_give_the_truth_exactly() -> None:
    views = exact_views(40)
    result = calibrate(views, BOARD, CONFIG)
    for name in CAMERA_NAMES:
        assert np.allclose(result.poses[name].position, TRUTH.poses[name].position, atol=2e-6)
        assert np.allclose(result.infos[name].k, TRUTH.infos[name].k, rtol=1e-5, atol=1e-3)
        assert result.report[name]["held_out_px_after"] < 0.01 < 5.0 < result.report[name]["held_out_px_before"]


def test_noise_is_averaged_out_and_the_markers_places_are_found() -> None:
    views = exact_views(60, noise_px=0.2, noise_m=1e-4)
    infos = {n: fit_intrinsics(n, views.of(n), (640, 480), BOARD, CONFIG.intrinsics).info for n in CAMERA_NAMES}
    fitted, judged = split(views.views, 4)
    assert not {v.time_s for v in fitted} & {v.time_s for v in judged}
    fit = fit_extrinsics(fitted, infos, BOARD, CONFIG.extrinsics)
    assert np.abs(fit.leds - TRUTH.leds).max() < 2e-4 < np.abs(BOARD.leds - TRUTH.leds).max()
    through = reprojection(judged, fit.infos, fit.poses, BOARD, fit.leds)
    assert all(0.2 < error < 0.6 for error in through.values()), through


def test_rendered_views_are_found_to_a_tenth_of_a_pixel() -> None:
    rng = np.random.default_rng(2)
    name = "camera_right"
    renderer = BoardRenderer(BOARD, TRUTH.infos[name])
    errors = []
    for _ in range(4):
        pose = _shown_to(TRUTH.poses[name], BOARD, rng)
        seen = geometry.compose(geometry.world_to_camera(TRUTH.poses[name]), pose)
        found = BOARD.detect(renderer.render(seen, rng, CONFIG.proof.blur, CONFIG.proof.noise))
        points = geometry.transform(seen, BOARD.corners[found.ids])
        expected = geometry.project(geometry.lens_row(TRUTH.infos[name]), points)
        errors.append(np.linalg.norm(found.pixels - expected, axis=1))
    assert np.median(np.concatenate(errors)) < 0.1


def test_views_that_do_not_determine_a_camera_are_refused_with_what_to_add() -> None:
    views, size = exact_views(40).of("camera_top"), (640, 480)
    with pytest.raises(ConfigError, match="camera_top: 3 usable images of the board, 10 are needed"):
        fit_intrinsics("camera_top", views[:3], size, BOARD, CONFIG.intrinsics)
    middle = [
        dataclasses.replace(v, detection=Detection(v.detection.ids, 310 + 0.02 * v.detection.pixels)) for v in views
    ]
    with pytest.raises(ConfigError, match="near the image's edges"):
        fit_intrinsics("camera_top", middle, size, BOARD, CONFIG.intrinsics)
    rng, flat = np.random.default_rng(3), []
    for _ in range(12):
        seen = np.concatenate([[0.0, 0.0, 0.0], rng.uniform([-0.25, -0.18, 0.5], [0.01, 0.01, 0.52])])
        pixels = geometry.project(geometry.lens_row(TRUTH.infos["camera_top"]), geometry.transform(seen, BOARD.corners))
        noisy = pixels + rng.normal(0.0, 0.2, pixels.shape)
        flat.append(View("camera_top", 0.0, Detection(np.arange(len(noisy)), noisy)))
    with pytest.raises(ConfigError, match="other angles"):
        fit_intrinsics("camera_top", flat, size, BOARD, CONFIG.intrinsics)
    few = [v for v in exact_views(40).views if v.camera != "camera_left"]
    with pytest.raises(ConfigError, match="camera_left: 0 images while motion capture saw"):
        fit_extrinsics(few, TRUTH.infos, BOARD, CONFIG.extrinsics)


def test_a_folder_is_read_and_what_is_no_image_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no images in"):
        read_folder(tmp_path, BOARD, CONFIG.views)
    folder = tmp_path / "camera_top"
    folder.mkdir()
    cv2.imwrite(str(folder / "0.png"), np.pad(BOARD.draw(50), 20, constant_values=255))
    cv2.imwrite(str(folder / "1.png"), np.full((340, 440), 128, np.uint8))
    views = read_folder(tmp_path, BOARD, CONFIG.views)
    assert len(views.of("camera_top")) == 1 and views.refused["camera_top", "no board"] == 1
    (folder / "2.png").write_bytes(b"not a picture")
    with pytest.raises(ConfigError, match=r"2\.png is not an image"):
        read_folder(tmp_path, BOARD, CONFIG.views)
    (folder / "2.png").unlink()
    cv2.imwrite(str(folder / "2.png"), np.zeros((100, 100), np.uint8))
    with pytest.raises(ConfigError, match="100 x 100, the first had 440 x 340"):
        read_folder(tmp_path, BOARD, CONFIG.views)


def write_bag(path: Path, moments: int, moving: bool = False) -> None:
    """The board shown to the cameras for a second each time; motion capture at 100 Hz."""
    rng, maker = np.random.default_rng(4), BagMaker(path)
    renderers = {name: BoardRenderer(BOARD, info) for name, info in TRUTH.infos.items()}
    for moment in range(1, moments + 1):
        pose = _shown_to(TRUTH.poses[CAMERA_NAMES[moment % 3]], BOARD, rng)
        for step in range(-10, 11):
            now = moment * SECOND + step * SECOND // 100
            leds = geometry.transform(pose, TRUTH.leds) + np.array([0.001 * step * moving, 0.0, 0.0])
            message = maker.type(
                "inhand_interfaces/msg/Markers",
                header=maker.header(now, "world"),
                sequence=0,
                id=np.array([row.id for row in CONFIG.board.leds], np.uint32),
                x=leds[:, 0].copy(),
                y=leds[:, 1].copy(),
                z=leds[:, 2].copy(),
                condition=np.ones(len(leds)),
            )
            maker.write("/mocap/markers", message, now)
        for name, renderer in renderers.items():
            seen = geometry.compose(geometry.world_to_camera(TRUTH.poses[name]), pose)
            pixels = renderer.render(seen, rng, CONFIG.proof.blur, CONFIG.proof.noise)
            message = maker.type(
                "sensor_msgs/msg/Image",
                header=maker.header(moment * SECOND),
                height=480,
                width=640,
                encoding="rgb8",
                is_bigendian=0,
                step=1920,
                data=pixels.ravel(),
            )
            maker.write(f"/{name}/image_raw", message, moment * SECOND)
    maker.close()


def test_a_bag_gives_the_files_that_the_driver_and_the_launch_load(tmp_path: Path, capsys) -> None:
    write_bag(tmp_path / "bag", 30)
    cameras(bag=tmp_path / "bag", out=tmp_path / "cameras")
    poses = read_poses(tmp_path / "cameras/poses.yaml")
    for name in CAMERA_NAMES:
        assert read_info(tmp_path / f"cameras/{name}.yaml").k[0] == pytest.approx(TRUTH.infos[name].k[0], rel=0.002)
        assert np.allclose(poses[name].position, TRUTH.poses[name].position, atol=0.001)
    assert "px calibrated" in capsys.readouterr().out


def test_a_moving_board_is_left_out(tmp_path: Path) -> None:
    write_bag(tmp_path / "bag", 2, moving=True)
    views = read_bag(tmp_path / "bag", BOARD, CONFIG.views)
    assert sum(views.refused[name, "the board moved"] for name in CAMERA_NAMES) == 6
    assert views.views and all(view.leds is None for view in views.views), "their corners still serve the intrinsics"
    with pytest.raises(ConfigError, match="no such bag"):
        read_bag(tmp_path / "none", BOARD, CONFIG.views)


def test_the_board_is_drawn_as_the_file_s_ending_says(tmp_path: Path) -> None:
    from inhand_calibration.cameras.commands import board

    board(tmp_path / "board.pdf")
    data = (tmp_path / "board.pdf").read_bytes()
    assert data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    width, height = (edge / 0.0254 * 72 for edge in BOARD.size)
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", data)
    assert [float(edge) for edge in box.groups()] == pytest.approx([width, height], abs=0.01)
    board(tmp_path / "board.svg")
    assert (tmp_path / "board.svg").read_text().startswith("<svg")
    with pytest.raises(ConfigError, match=r"board.png: .*\['.pdf', '.svg'\]"):
        board(tmp_path / "board.png")
