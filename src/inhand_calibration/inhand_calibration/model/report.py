"""Report of the model's calibration: errors before and after, what changed, joint trajectories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inhand_calibration.model.descent import Descent, mean_error
from inhand_calibration.model.parameters import Parameter, counts, starts, to_calibration
from inhand_calibration.model.replay import GroupReplay
from inhand_calibration.model.windows import ACTION_PERIOD, GROUP_JOINTS, Windows
from inhand_description import JOINT_NAMES
from inhand_description.calibration import to_sections

_HEADER = """\
# Calibrated parameters of the hand's model, in place of those of inhand_description. Written by
# `inhand calibrate model`; loaded by the key `calibration` of config/sim.yaml, config/training_sim.yaml and of the
# backlash in config/randomization.yaml. SI units; log_delta in ln(1/s).
"""


def calibration_text(descent: Descent) -> str:
    """The calibration file: only what the descent changed."""
    found = to_calibration(descent.parameters, np.array(descent.state.coordinates), descent.changed)
    return _HEADER + yaml.safe_dump(_rounded(to_sections(found)), sort_keys=False, default_flow_style=None, width=120)


def window_errors(
    windows: Mapping[str, Windows],
    actions: np.ndarray,
    parameters: tuple[Parameter, ...],
    coordinates: np.ndarray,
    timestep: float,
    threads: int = 1,
) -> dict[str, dict[str, float]]:
    """Root mean square joint errors [rad] at the windows' ends and along them, by finger and of all, for (P,)."""
    found: dict[str, dict[str, float]] = {"end": {}, "path": {}}
    for group, cut in windows.items():
        if len(cut):
            errors = GroupReplay(cut, actions, parameters, 1, threads, timestep).errors(coordinates[None])
            for compare, by_group in found.items():
                by_group[group] = float(mean_error(errors, compare)[0])
    for by_group in found.values():
        by_group["all"] = float(np.sqrt(np.mean(np.square(list(by_group.values()))))) if by_group else float("nan")
    return found


def model_report(
    descent: Descent,
    fitted: Mapping[str, Windows],
    held: Mapping[str, Windows],
    actions: np.ndarray,
    timestep: float,
    threads: int = 1,
) -> dict[str, Any]:
    """The report as a mapping for JSON; errors in rad."""
    parameters, found = descent.parameters, np.array(descent.state.coordinates)

    def both(windows: Mapping[str, Windows]) -> dict[str, Any]:
        pairs = (("before", starts(parameters)), ("after", found))
        return {key: window_errors(windows, actions, parameters, x, timestep, threads) for key, x in pairs}

    changes = [
        {
            "parameter": f"{p.owner}.{p.kind}",
            "unit": p.described.unit,
            "before": p.value(p.start),
            "after": p.value(found[index]),
        }
        for index, p in enumerate(parameters)
        if descent.changed[index]
    ]
    return {
        "windows": {group: {"fitted": len(fitted[group]), "held_back": len(held[group])} for group in fitted},
        "joint_error_rad": {"fitted": both(fitted), "held_back": both(held)},
        "history_rad": descent.state.history,
        "evaluations": descent.state.evaluations,
        "finished": descent.state.finished,
        "parameters": counts(parameters),
        "changed": len(changes),
        "changes": changes,
    }


def model_text(report: Mapping[str, Any]) -> str:
    """The report for people."""
    lines = [f"joint error after a window, root mean square, {report['evaluations']} candidates tried:"]
    for kind in ("fitted", "held_back"):
        before, after = (report["joint_error_rad"][kind][key]["end"] for key in ("before", "after"))
        cells = [f"{name} {before[name]:.3f} -> {after[name]:.3f}" for name in before]
        lines.append(f"  {kind.replace('_', ' ')} windows [rad]: " + ", ".join(cells))
    lines.append(f"{report['changed']} of {report['parameters']['all']} parameters changed")
    if not report["finished"]:
        lines.append("not finished: the same command goes on")
    return "\n".join(lines)


def model_plots(
    folder: Path, descent: Descent, windows: Mapping[str, Windows], actions: np.ndarray, timestep: float
) -> list[Path]:
    """Writes trajectories_<finger>.png (joints of a few windows: recorded, before, after) and history.png."""
    from matplotlib.figure import Figure

    parameters = descent.parameters
    pair = np.stack([starts(parameters), descent.state.coordinates])
    paths = []
    for group, cut in windows.items():
        if not len(cut):
            continue
        shown = cut.rows(np.unique(np.linspace(0, len(cut) - 1, min(len(cut), 5)).astype(int)))
        simulated = GroupReplay(shown, actions, parameters, 2, 1, timestep).paths(pair)
        joints = GROUP_JOINTS[group]
        figure = Figure(figsize=(2.6 * len(shown), 1.7 * len(joints)), layout="constrained")
        axes = figure.subplots(len(joints), len(shown), squeeze=False, sharex=True)
        time = ACTION_PERIOD * np.arange(shown.path.shape[1] + 1)
        for row, joint in enumerate(joints):
            for column, axis in enumerate(axes[row]):
                begin = shown.position[column, joint]
                curves = {"recorded": shown.path[column, :, joint]}
                curves |= {name: simulated[k, column, :, joint] for k, name in enumerate(("before", "after"))}
                for name, values in curves.items():
                    style = {"color": "black", "linewidth": 2.0, "alpha": 0.5} if name == "recorded" else {}
                    axis.plot(time, np.concatenate([[begin], values]), label=name, **style)
                axis.tick_params(labelsize=7)
            axes[row, 0].set_ylabel(f"{JOINT_NAMES[joint].removeprefix('rh_')} [rad]", fontsize=8)
        axes[0, 0].legend(fontsize=7)
        figure.supxlabel("time in the window [s]")
        paths.append(folder / f"trajectories_{group}.png")
        figure.savefig(paths[-1], dpi=100)
    figure = Figure(figsize=(5, 3), layout="constrained")
    axis = figure.subplots()
    axis.plot(descent.state.history, "o-")
    axis.set(xlabel="sweep", ylabel="joint error, fitted windows [rad]", ylim=(0.0, None))
    paths.append(folder / "history.png")
    figure.savefig(paths[-1], dpi=100)
    return paths


def _rounded(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _rounded(value) for key, value in content.items()}
    return float(f"{content:.9g}") if isinstance(content, float) else content
