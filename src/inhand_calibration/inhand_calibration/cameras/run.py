"""One calibration of the cameras, from views to files' contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inhand_calibration.cameras.board import Board
from inhand_calibration.cameras.config import CameraCalibrationConfig
from inhand_calibration.cameras.extrinsics import fit_extrinsics, reprojection, split
from inhand_calibration.cameras.intrinsics import fit_intrinsics
from inhand_calibration.cameras.views import Views
from inhand_description import CAMERAS
from inhand_description.cameras import CAMERA_NAMES, CameraInfo, CameraPose, nominal_info, nominal_pose


@dataclass(frozen=True, eq=False)
class CameraCalibration:
    """What was found.

    Attributes:
        infos: intrinsics by camera.
        poses: poses in the world by camera; empty without motion capture.
        report: the figures, ready for JSON.
    """

    infos: dict[str, CameraInfo]
    poses: dict[str, CameraPose]
    report: dict[str, Any]


def calibrate(views: Views, board: Board, config: CameraCalibrationConfig) -> CameraCalibration:
    """Intrinsics of the cameras that were shown the board; their poses too, where motion capture saw it.

    Raises:
        ConfigError: too few or too similar views; it names the camera and what is missing.
    """
    fits = {
        name: fit_intrinsics(name, views.of(name), size, board, config.intrinsics) for name, size in views.size.items()
    }
    infos = {name: fit.info for name, fit in fits.items()}
    report: dict[str, Any] = {
        name: {
            "views": len(fit.views),
            "left_out": {reason: n for (camera, reason), n in views.refused.items() if camera == name},
            "intrinsics_rms_px": fit.rms_px,
            "focal_std_percent": 100.0 * fit.focal_std,
        }
        for name, fit in fits.items()
    }
    if all(view.leds is None for view in views.views):
        return CameraCalibration(infos, {}, report)
    fitted, judged = split(views.views, config.extrinsics.holdout)
    fit = fit_extrinsics(fitted, infos, board, config.extrinsics)
    rows = {name: row for name, row in zip(CAMERA_NAMES, CAMERAS, strict=True) if name in infos}
    nominal = {n: nominal_info(r) for n, r in rows.items()}, {n: nominal_pose(r) for n, r in rows.items()}
    before = reprojection(judged, *nominal, board)
    after = reprojection(judged, fit.infos, fit.poses, board, fit.leds)
    for name in infos:
        report[name] |= {
            "fit_rms_px": fit.fit_px[name],
            "held_out_px_before": before.get(name),
            "held_out_px_after": after.get(name),
        }
    return CameraCalibration(fit.infos, fit.poses, report)


def calibration_text(result: CameraCalibration) -> str:
    """The figures as text."""
    lines = []
    for name, row in result.report.items():
        left_out = ", ".join(f"{n} {reason}" for reason, n in row["left_out"].items()) or "none"
        lines.append(
            f"{name}: {row['views']} views (left out: {left_out}); corners {row['intrinsics_rms_px']:.2f} px, "
            f"focal length {result.infos[name].k[0]:.1f} px to {row['focal_std_percent']:.2f} %"
        )
        if (after := row.get("held_out_px_after")) is not None:
            lines.append(
                f"  views kept out of the fit, through motion capture: {row['held_out_px_before']:.2f} px with the "
                f"description's camera, {after:.2f} px calibrated"
            )
    if not result.poses:
        lines.append("no poses: motion capture did not see the board's markers")
    return "\n".join(lines)
