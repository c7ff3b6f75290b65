"""Report of the Hall tables' calibration: numbers, text, plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inhand_calibration.joints.fit import JointFit, JointFitConfig
from inhand_calibration.joints.identifiability import JointVerdict
from inhand_calibration.joints.kinematics import HandKinematics
from inhand_calibration.joints.samples import JointSamples
from inhand_calibration.steadiness import spans
from inhand_core.config import ConfigError
from inhand_description import FINGERS
from inhand_description.hall import HallTable, joint_angles

_MM, _DEG = 1e3, 180.0 / np.pi
_WORST = 2.0  # times the median error


def marker_errors(
    samples: JointSamples, tables: tuple[HallTable, ...], hand: HandKinematics, fit: JointFit | None = None
) -> np.ndarray:
    """Distances (N, 5) [m] of computed from seen fingertip markers, NaN where not seen.

    With a fit its marker places and base frame are used, else the described ones.
    """
    angles = joint_angles(tables, samples.raw)
    tips = hand.tips(angles, None if fit is None else fit.offsets)
    if fit is not None:
        tips = tips + np.cross(fit.base[:3], tips) + fit.base[3:]
    return np.where(samples.seen, np.linalg.norm(tips - samples.tips, axis=-1), np.nan)


def check_fit(samples: JointSamples, fit: JointFit, hand: HandKinematics, config: JointFitConfig) -> None:
    """Judges whether a hand with the fitted tables can have been recorded at all.

    Motion capture, time skew and soft fingertips leave errors of a millimetre; now and then markers are swapped. Larger
    or more frequent ones mean that the recording is of something else: another hand, sensors and markers with different
    clocks, a hand that was touched. Tables fitted to that would bend a sound hand's.

    Raises:
        ConfigError: the errors are too large; the message says how large, of which fingers, and when.
    """
    errors = marker_errors(samples, fit.tables, hand, fit)
    seen = np.isfinite(errors)
    wrong = seen & (np.nan_to_num(errors) > config.robust_scale)
    share = wrong.sum() / max(int(seen.sum()), 1)
    rest = errors[seen & ~wrong]
    rms = float(np.sqrt(np.mean(np.square(rest)))) if rest.size else np.inf
    if share <= config.max_outliers and rms <= config.max_residual:
        return
    fingers = [
        f"{name} {share:.0%}" for name, share in zip(FINGERS, wrong.sum(axis=0) / np.maximum(seen.sum(axis=0), 1))
    ]
    when = ""
    if len(samples.time) and wrong.any():  # what disagrees has bent the fit for all others: the worst moments are named
        worst = wrong & (np.nan_to_num(errors) > _WORST * np.median(errors[seen]))
        moments = worst.any(axis=1) if worst.any() else wrong.any(axis=1)
        when = f"; most of all at {spans(samples.time[moments])} s of the recording"
    raise ConfigError(
        f"markers and sensors disagree: {share:.0%} of the fingertips lie more than {_MM * config.robust_scale:g} mm "
        f"from where the fitted tables put them ({', '.join(fingers)}), at most {config.max_outliers:.0%} may; the "
        f"others {_MM * rms:.2f} mm (root mean square), at most {_MM * config.max_residual:g} mm may{when}. "
        "No tables are written"
    )


def joint_report(
    samples: JointSamples,
    factory: tuple[HallTable, ...],
    fit: JointFit,
    hand: HandKinematics,
    verdicts: tuple[JointVerdict, ...],
) -> dict[str, Any]:
    """The report as a mapping for JSON: lengths in mm, angles in degrees."""
    before, after = marker_errors(samples, factory, hand), marker_errors(samples, fit.tables, hand, fit)
    return {
        "samples": len(samples),
        "fingertip_error_mm": {"before": _summary(before), "after": _summary(after)},
        "joints": {
            v.joint: {
                "status": v.status,
                "seen_deg": [round(a * _DEG, 2) for a in v.seen],
                "change_deg": np.round(v.change * _DEG, 3).tolist(),
                "sigma_deg": np.round(v.sigma * _DEG, 3).tolist(),
                "visited": v.visited.tolist(),
            }
            for v in verdicts
        },
        "marker_offsets_mm": {
            finger: np.round((fit.offsets[f] - hand.offsets[f]) * _MM, 3).tolist() for f, finger in enumerate(FINGERS)
        },
        "base_frame": {
            "turn_deg": np.round(fit.base[:3] * _DEG, 3).tolist(),
            "shift_mm": np.round(fit.base[3:] * _MM, 3).tolist(),
        },
        "cost": list(fit.cost),
        "evaluations": fit.evaluations,
    }


def joint_text(report: dict[str, Any]) -> str:
    """The report for people."""
    before, after = (report["fingertip_error_mm"][key] for key in ("before", "after"))
    lines = [f"fingertip markers over {report['samples']} samples, root mean square:"]
    lines += [f"  {name:3} {before[name]:7.2f} mm -> {after[name]:6.2f} mm" for name in before]
    by_status: dict[str, list[str]] = {}
    for joint, entry in report["joints"].items():
        by_status.setdefault(entry["status"], []).append(joint.removeprefix("rh_"))
    explain = {
        "determined": "determined by the data",
        "weak": "weakly determined: between data and factory table",
        "not moved": "hardly moved in the data: factory table kept",
        "no marker": "move no fingertip marker that was seen: factory table kept",
    }
    lines += [f"{explain[status]}: {' '.join(joints)}" for status, joints in sorted(by_status.items())]
    return "\n".join(lines)


def joint_plots(
    folder: Path,
    samples: JointSamples,
    factory: tuple[HallTable, ...],
    fit: JointFit,
    hand: HandKinematics,
    verdicts: tuple[JointVerdict, ...],
) -> list[Path]:
    """Writes fingertips.png (errors before and after) and tables.png (change of each table)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="tight")
    axes = figure.subplots(1, len(FINGERS), sharey=True)
    before, after = marker_errors(samples, factory, hand), marker_errors(samples, fit.tables, hand, fit)
    for f, (axis, finger) in enumerate(zip(axes, FINGERS, strict=True)):
        top = max(np.nanmax(before[:, f], initial=1e-3), 1e-3) * _MM
        bins = np.linspace(0.0, top, 40)
        for label, errors in (("before", before), ("after", after)):
            axis.hist(errors[:, f] * _MM, bins, alpha=0.6, label=label)
        axis.set(title=finger, xlabel="fingertip error [mm]")
    axes[0].set_ylabel("samples")
    axes[0].legend()
    paths = [folder / "fingertips.png", folder / "tables.png"]
    figure.savefig(paths[0], dpi=110)

    figure = Figure(figsize=(13, 9), layout="tight")
    for axis, table, verdict in zip(figure.subplots(4, 6).flat, factory, verdicts, strict=True):
        degrees = table.angle * _DEG
        axis.errorbar(degrees, verdict.change * _DEG, 2.0 * verdict.sigma * _DEG, fmt="o-", markersize=3, capsize=2)
        axis.axvspan(verdict.seen[0] * _DEG, verdict.seen[1] * _DEG, alpha=0.12)
        axis.axhline(0.0, linewidth=0.6, color="black")
        axis.set_title(f"{verdict.joint}: {verdict.status}", fontsize=8)
        axis.tick_params(labelsize=7)
    figure.supxlabel("angle in the factory table [deg]; shaded: seen")
    figure.supylabel("change [deg], with two standard deviations")
    figure.savefig(paths[1], dpi=110)
    return paths


def _summary(errors: np.ndarray) -> dict[str, float]:
    """Root mean squares [mm] by finger, and of all."""
    found = {finger: errors[:, f] for f, finger in enumerate(FINGERS)}
    found["all"] = errors.ravel()
    return {
        name: round(float(np.sqrt(np.nanmean(np.square(values))) * _MM), 4)
        for name, values in found.items()
        if np.isfinite(values).any()
    }
