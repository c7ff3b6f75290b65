"""Poses of the cameras in motion capture's world: all views of the board in one bundle adjustment.

Unknowns: pose and lens of each camera, the board's pose at each moment, and where its motion-capture markers sit on it.
Known: corners in images, markers in the world. Which way the world points comes from the markers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.optimize import least_squares
from scipy.sparse import coo_array

from inhand_calibration.cameras import geometry
from inhand_calibration.cameras.board import Board
from inhand_calibration.cameras.config import ExtrinsicsConfig
from inhand_calibration.cameras.views import View
from inhand_core.config import ConfigError
from inhand_description.cameras import CameraInfo, CameraPose

MOMENT_S = 0.005
N_CAMERA = 6 + geometry.N_LENS


@dataclass(frozen=True, eq=False)
class Extrinsics:
    """A fit.

    Attributes:
        infos, poses: of each camera.
        leds: (L, 3) the board's motion-capture markers [m, board].
        fit_px: rms distance of the corners of the views used, board's pose included in the fit [px], by camera.
    """

    infos: dict[str, CameraInfo]
    poses: dict[str, CameraPose]
    leds: np.ndarray
    fit_px: dict[str, float]


def split(views: list[View], every: int) -> tuple[list[View], list[View]]:
    """Views with markers for the fit, and every so many-th moment's to judge it by."""
    usable = [view for view in views if view.leds is not None]
    moments = _moments(usable)
    kept = [moment % every != every - 1 for moment in moments]
    return [v for v, keep in zip(usable, kept) if keep], [v for v, keep in zip(usable, kept) if not keep]


def fit_extrinsics(
    views: list[View], infos: Mapping[str, CameraInfo], board: Board, config: ExtrinsicsConfig
) -> Extrinsics:
    """Fits poses, from intrinsics that it refines.

    Raises:
        ConfigError: too few views of a camera, with the board's markers seen.
    """
    for camera in infos:
        if (count := sum(view.camera == camera for view in views)) < config.min_views:
            raise ConfigError(
                f"{camera}: {count} images while motion capture saw the board's markers, {config.min_views} are needed"
            )
    problem = _Bundle(views, tuple(infos), board, config)
    start = problem.start(infos)
    solution = least_squares(
        problem.residuals, start, jac_sparsity=problem.sparsity(), x_scale="jac", loss="soft_l1", f_scale=3.0
    )
    cameras, _, leds = problem.unpack(solution.x)
    error = np.linalg.norm(problem.corner_errors(solution.x), axis=1)
    return Extrinsics(
        {
            name: geometry.lens_info(name, (infos[name].width, infos[name].height), row[6:])
            for name, row in zip(infos, cameras, strict=True)
        },
        {name: geometry.camera_pose(row[:6]) for name, row in zip(infos, cameras, strict=True)},
        leds,
        {name: _rms(error[problem.camera == at]) for at, name in enumerate(infos)},
    )


def reprojection(
    views: list[View],
    infos: Mapping[str, CameraInfo],
    poses: Mapping[str, CameraPose],
    board: Board,
    leds: np.ndarray | None = None,
) -> dict[str, float]:
    """Rms distance [px], by camera, of corners to where motion capture and the calibration put them.

    Args:
        views: views that were not used in the fit.
        infos, poses: the calibration.
        board: the board.
        leds: (L, 3) its motion-capture markers [m, board]; those of its configuration where not given.
    """
    errors: dict[str, list[np.ndarray]] = {name: [] for name in infos}
    for view in views:
        pose = board_pose(view, board.leds if leds is None else leds)
        points = geometry.transform(pose, board.corners[view.detection.ids])
        seen = geometry.transform(geometry.world_to_camera(poses[view.camera]), points)
        pixels = geometry.project(geometry.lens_row(infos[view.camera]), seen)
        errors[view.camera].append(np.linalg.norm(pixels - view.detection.pixels, axis=1))
    return {name: _rms(np.concatenate(found)) for name, found in errors.items() if found}


def board_pose(view: View, leds: np.ndarray) -> np.ndarray:
    """The board's pose (6,) in the world by its markers."""
    if view.leds is None:
        raise ValueError("no motion capture in this view")
    seen = np.isfinite(view.leds).all(axis=1)
    return geometry.register(leds[seen], view.leds[seen])


class _Bundle:
    """The residuals, as standard deviations: corners (2 each), then markers (3 each), then the markers' places."""

    def __init__(self, views: list[View], cameras: tuple[str, ...], board: Board, config: ExtrinsicsConfig) -> None:
        self._views, self._cameras, self._board, self._config = views, cameras, board, config
        self._moment = _moments(views)
        counts = [len(view.detection.ids) for view in views]
        self.camera = np.repeat([cameras.index(view.camera) for view in views], counts)
        self._pose = np.repeat(self._moment, counts)
        self._corners = board.corners[np.concatenate([view.detection.ids for view in views])]
        self._pixels = np.concatenate([view.detection.pixels for view in views])
        first = [int(np.flatnonzero(self._moment == m)[0]) for m in range(self._moment.max() + 1)]
        markers = np.array([views[at].leds for at in first])
        self._led_pose, self._led = np.nonzero(np.isfinite(markers).all(axis=2))
        self._markers = markers[self._led_pose, self._led]
        self._counts = N_CAMERA * len(cameras), 6 * len(first), 3 * len(board.leds)

    def start(self, infos: Mapping[str, CameraInfo]) -> np.ndarray:
        """First values, from each view by itself."""
        boards = np.zeros((self._counts[1] // 6, 6))
        found: dict[str, list[np.ndarray]] = {name: [] for name in self._cameras}
        for view, moment in zip(self._views, self._moment, strict=True):
            boards[moment] = board_pose(view, self._board.leds)
            info = infos[view.camera]
            objects = self._board.corners[view.detection.ids]
            _, turn, shift = cv2.solvePnP(objects, view.detection.pixels, info.matrix, np.array(info.d))
            seen = np.concatenate([turn.ravel(), shift.ravel()])
            found[view.camera].append(geometry.compose(seen, geometry.inverse(boards[moment])))
        cameras = [
            np.concatenate([geometry.middle(np.array(found[name])), geometry.lens_row(infos[name])])
            for name in self._cameras
        ]
        return np.concatenate([np.ravel(cameras), boards.ravel(), self._board.leds.ravel()])

    def unpack(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cameras (K, 14), board poses (M, 6), markers on the board (L, 3)."""
        cameras, boards, leds = np.split(x, np.cumsum(self._counts)[:2])
        return cameras.reshape(-1, N_CAMERA), boards.reshape(-1, 6), leds.reshape(-1, 3)

    def corner_errors(self, x: np.ndarray) -> np.ndarray:
        """(N, 2) [px]."""
        cameras, boards, _ = self.unpack(x)
        world = geometry.transform(boards[self._pose], self._corners)
        row = cameras[self.camera]
        return geometry.project(row[:, 6:], geometry.transform(row[:, :6], world)) - self._pixels

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """All residuals."""
        _, boards, leds = self.unpack(x)
        markers = geometry.transform(boards[self._led_pose], leds[self._led]) - self._markers
        return np.concatenate(
            [
                self.corner_errors(x).ravel() / self._config.corner_px,
                markers.ravel() / self._config.led,
                (leds - self._board.leds).ravel() / self._config.led_place,
            ]
        )

    def sparsity(self) -> coo_array:
        """Which residual depends on which unknown."""
        n_cameras, n_boards, n_leds = self._counts
        corner = np.arange(2 * len(self._pixels))
        marker = corner.size + np.arange(3 * len(self._markers))
        place = corner.size + marker.size + np.arange(n_leds)
        blocks = [
            (corner, np.repeat(self.camera, 2) * N_CAMERA, N_CAMERA),
            (corner, n_cameras + np.repeat(self._pose, 2) * 6, 6),
            (marker, n_cameras + np.repeat(self._led_pose, 3) * 6, 6),
            (marker, n_cameras + n_boards + np.repeat(self._led, 3) * 3, 3),
            (place, n_cameras + n_boards + np.arange(n_leds), 1),
        ]
        rows = np.concatenate([np.repeat(rows, width) for rows, _, width in blocks])
        columns = np.concatenate([(first[:, None] + np.arange(width)).ravel() for _, first, width in blocks])
        return coo_array((np.ones(len(rows)), (rows, columns)), shape=(place[-1] + 1, sum(self._counts)))


def _moments(views: list[View]) -> np.ndarray:
    """Number of each view's moment, from 0: views within `MOMENT_S` show the board at one pose."""
    times = np.array([view.time_s for view in views])
    order = np.argsort(times, kind="stable")
    number = np.zeros(len(times), int)
    number[order] = np.cumsum(np.concatenate([[0], np.diff(times[order]) > MOMENT_S]).astype(int)[: len(times)])
    return number


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
