"""Calibration of cameras on hidden truths: rendered views of the board, errors before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from inhand_calibration.cameras import geometry
from inhand_calibration.cameras.board import Board
from inhand_calibration.cameras.config import CameraCalibrationConfig, CameraProofConfig, load_camera_settings
from inhand_calibration.cameras.extrinsics import fit_extrinsics, reprojection, split
from inhand_calibration.cameras.intrinsics import fit_intrinsics
from inhand_calibration.cameras.render import BoardRenderer
from inhand_calibration.cameras.views import Views
from inhand_core.files import write_whole
from inhand_description import CAMERAS
from inhand_description.cameras import CAMERA_NAMES, CameraInfo, CameraPose, nominal_info, nominal_pose

PALM = np.array([0.0, 0.0, 0.33])
"""Where the cameras look [m, world]."""
REACH = 0.09  # the board's middle is so far from the palm at most, along each axis [m]
TILT = 0.8  # largest angle between the board and the camera that it is shown to [rad]


@dataclass(frozen=True, eq=False)
class CameraTruth:
    """A hidden truth: infos and poses by camera, the markers' places on the board (L, 3) [m]."""

    infos: dict[str, CameraInfo]
    poses: dict[str, CameraPose]
    leds: np.ndarray


def draw_truth(seed: int, board: Board, config: CameraProofConfig) -> CameraTruth:
    """Cameras and markers that are not where the description has them."""
    rng = np.random.default_rng(seed)
    infos, poses = {}, {}
    for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True):
        lens = geometry.lens_row(nominal_info(row))
        lens[:2] *= 1.0 + rng.normal(0.0, config.focal)
        lens[2:4] += rng.normal(0.0, config.center, 2)
        lens[4:] = rng.normal(0.0, config.distortion)
        infos[name] = geometry.lens_info(name, row.resolution, lens)
        moved = geometry.world_to_camera(nominal_pose(row))
        turn = np.concatenate([rng.normal(0.0, config.orientation, 3), rng.normal(0.0, config.position, 3)])
        poses[name] = geometry.camera_pose(geometry.compose(turn, moved))
    return CameraTruth(infos, poses, board.leds + rng.normal(0.0, config.led_place, board.leds.shape))


def render_views(seed: int, truth: CameraTruth, board: Board, config: CameraCalibrationConfig) -> Views:
    """What a bag would hold: the board shown at many poses, seen by all cameras and by motion capture."""
    rng, found = np.random.default_rng([seed, 1]), Views()
    renderers = {name: BoardRenderer(board, info) for name, info in truth.infos.items()}
    names = list(truth.infos)
    for moment in range(config.proof.poses):
        pose = _shown_to(truth.poses[names[moment % len(names)]], board, rng)
        leds = geometry.transform(pose, truth.leds) + rng.normal(0.0, config.proof.led_noise, truth.leds.shape)
        leds[rng.random(len(leds)) < 0.1] = np.nan
        if np.isfinite(leds).all(axis=1).sum() < config.views.min_leds:
            continue
        for name, renderer in renderers.items():
            seen = geometry.compose(geometry.world_to_camera(truth.poses[name]), pose)
            image = renderer.render(seen, rng, config.proof.blur, config.proof.noise)
            found.add(board, config.views, name, float(moment), image, leds)
    return found


def prove_cameras(
    seed: int, config: CameraCalibrationConfig, say: Callable[[str], None] = lambda text: None
) -> dict[str, dict[str, float]]:
    """Errors of each camera, before (the description's cameras) and after calibration.

    Returns:
        By camera: reprojection of views that the fit did not see, through motion capture, before and after [px];
        the same for points around the palm against the truth (`palm`); errors of position [mm], direction [deg] and
        focal length [%] before and after.
    """
    board = Board(config.board)
    truth = draw_truth(seed, board, config.proof)
    views = render_views(seed, truth, board, config)
    say(f"seed {seed}: {len(views.views)} views of the board rendered and found")
    infos = {
        name: fit_intrinsics(name, views.of(name), views.size[name], board, config.intrinsics).info
        for name in CAMERA_NAMES
    }
    fitted, judged = split(views.views, config.extrinsics.holdout)
    fit = fit_extrinsics(fitted, infos, board, config.extrinsics)
    nominal = (
        {name: nominal_info(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)},
        {name: nominal_pose(row) for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True)},
    )
    before = reprojection(judged, *nominal, board)
    after = reprojection(judged, fit.infos, fit.poses, board, fit.leds)
    return {
        name: {
            "reprojection_px_before": before[name],
            "reprojection_px_after": after[name],
            **_against_truth("before", truth, name, nominal[0][name], nominal[1][name]),
            **_against_truth("after", truth, name, fit.infos[name], fit.poses[name]),
        }
        for name in CAMERA_NAMES
    }


def proof_text(results: dict[int, dict[str, dict[str, float]]]) -> str:
    """A table: median over cameras and seeds, and the worst, before and after."""
    rows = [row for result in results.values() for row in result.values()]
    lines = [f"{len(results)} hidden truths of {len(CAMERA_NAMES)} cameras; median and worst, before -> after"]
    for key in [key.removesuffix("_before") for key in rows[0] if key.endswith("_before")]:
        before, after = (np.array([row[f"{key}_{when}"] for row in rows]) for when in ("before", "after"))
        lines.append(
            f"  {key:16} median {np.median(before):8.3f} -> {np.median(after):7.4f}   "
            f"worst {before.max():8.3f} -> {after.max():7.4f}"
        )
    return "\n".join(lines)


def run_proof(seeds: Iterable[int], json_file: Path | None = None) -> None:
    """Calibrates the cameras of some hidden truths, prints the figures, writes them to a file where one is given."""
    config = load_camera_settings()
    results = {seed: prove_cameras(seed, config, print) for seed in seeds}
    print(proof_text(results))
    if json_file is not None:
        write_whole(json_file, json.dumps(results, indent=1) + "\n")


def _against_truth(when: str, truth: CameraTruth, name: str, info: CameraInfo, pose: CameraPose) -> dict[str, float]:
    grid = np.stack(np.meshgrid(*[np.linspace(-0.04, 0.04, 3)] * 3), axis=-1).reshape(-1, 3) + PALM
    pixels = [
        geometry.project(geometry.lens_row(i), geometry.transform(geometry.world_to_camera(p), grid))
        for i, p in ((truth.infos[name], truth.poses[name]), (info, pose))
    ]
    shift = np.subtract(pose.position, truth.poses[name].position)
    turn = Rotation.from_quat(pose.orientation) * Rotation.from_quat(truth.poses[name].orientation).inv()
    focal = info.k[0] / truth.infos[name].k[0] - 1.0
    return {
        f"palm_px_{when}": float(np.sqrt(np.mean(np.sum((pixels[0] - pixels[1]) ** 2, axis=1)))),
        f"position_mm_{when}": float(1e3 * np.linalg.norm(shift)),
        f"direction_deg_{when}": float(np.degrees(turn.magnitude())),
        f"focal_percent_{when}": float(100.0 * abs(focal)),
    }


def _shown_to(camera: CameraPose, board: Board, rng: np.random.Generator) -> np.ndarray:
    """A pose (6,) of the board in the world, near the palm, turned towards a camera by and large."""
    middle = PALM + rng.uniform(-REACH, REACH, 3)
    away = middle - np.array(camera.position)
    z = away / np.linalg.norm(away)
    x = np.cross([0.0, 1.0, 0.0], z)
    x /= np.linalg.norm(x)
    facing = Rotation.from_matrix(np.stack([x, np.cross(z, x), z], axis=-1))
    axis = rng.normal(size=3) * [1.0, 1.0, 0.0]
    tilt = Rotation.from_rotvec(axis / np.linalg.norm(axis) * rng.uniform(0.0, TILT))
    turn = facing * tilt * Rotation.from_euler("z", rng.uniform(-np.pi, np.pi))
    width, height = board.size
    return np.concatenate([turn.as_rotvec(), middle - turn.apply([width / 2, height / 2, 0.0])])
