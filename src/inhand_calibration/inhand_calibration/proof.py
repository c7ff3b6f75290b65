"""A hidden truth for calibration to find: a simulated hand that differs from its description plays the robot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from inhand_calibration.joints.fit import fit_joints
from inhand_calibration.joints.identifiability import judge_joints
from inhand_calibration.joints.kinematics import HandKinematics
from inhand_calibration.joints.report import joint_report
from inhand_calibration.joints.samples import joint_samples
from inhand_calibration.joints.tables import controller_text
from inhand_calibration.model.parameters import Parameter, all_parameters, starts, to_calibration
from inhand_calibration.model.report import window_errors
from inhand_calibration.model.run import run_model
from inhand_calibration.recording import Recording
from inhand_calibration.settings import CalibrationConfig, HallSpread, ProofConfig
from inhand_calibration.simulated import SimulatedRun, record_exercise
from inhand_description import JOINT_NAMES, MARKERS
from inhand_description.calibration import ModelCalibration, to_sections
from inhand_description.hall import HallTable, described_tables, joint_angles

_MM, _DEG = 1e3, 180.0 / np.pi
Show = Callable[[float, str], None]


def prove(
    seed: int,
    what: str,
    settings: CalibrationConfig,
    budget_s: float,
    threads: int,
    show: Show,
    exercise: Mapping[str, Any] | None = None,
) -> dict:
    """Calibrates one simulated hand; returns the errors before and after against its truth.

    Args:
        seed: of the hand.
        what: "joints", "model" or "all".
        settings: of calibration and of the truth's spread.
        budget_s: for the descent over the model's parameters [s]; 0: no limit.
        threads: physics threads.
        show: told how much is done, and what.
        exercise: changes to config/exercise.yaml.
    """
    rng = np.random.default_rng(seed)
    described, parameters = described_tables(), all_parameters()
    truth = perturbed_tables(described, settings.proof.hall, rng) if what != "model" else described
    hidden = starts(parameters) if what == "joints" else perturbed_parameters(parameters, settings.proof, rng)
    model = _truth_model(parameters, hidden, settings.proof, rng)
    run = _play_robot(seed, truth, model, exercise, show)
    noise = rng.normal(0.0, settings.proof.marker_noise, run.recording.position.shape)
    run = replace(run, recording=replace(run.recording, position=run.recording.position + noise))
    result: dict[str, Any] = {"seed": seed, "recorded_s": run.recording.duration_s}
    tables = described
    if what != "model":
        show(0.1, "fitting the Hall tables")
        result["joints"], tables = _prove_joints(run, described, settings)
    if what != "joints":
        result["model"] = _prove_model(run, tables, parameters, hidden, settings, budget_s, threads, show)
    return result


def perturbed_tables(
    tables: tuple[HallTable, ...], spread: HallSpread, rng: np.random.Generator
) -> tuple[HallTable, ...]:
    """Tables shifted, stretched about their middle and bent; redrawn where they would not be monotone."""
    return tuple(_perturbed(table, spread, rng) for table in tables)


def perturbed_parameters(
    parameters: tuple[Parameter, ...], config: ProofConfig, rng: np.random.Generator
) -> np.ndarray:
    """Coordinates (P,) of a hand, each drawn about its first value."""
    low, high = np.array([config.model[p.kind] for p in parameters]).T
    return starts(parameters) + rng.uniform(low, high)


def proof_table(results: list[dict]) -> str:
    """The figures as text: one line a hand and measure, before and after."""
    lines = []
    for result in results:
        for name, pair in _measures(result):
            ratio = pair["before"] / pair["after"] if pair["after"] else float("inf")
            lines.append(f"seed {result['seed']}: {name}: {pair['before']:.3f} -> {pair['after']:.3f} ({ratio:.1f}x)")
    return "\n".join(lines)


def _measures(result: dict) -> list[tuple[str, dict[str, float]]]:
    found = []
    if "joints" in result:
        joints = result["joints"]
        found += [
            ("fingertip position error against the truth, rms [mm]", joints["fingertip_truth_mm"]),
            ("joint angle error against the truth, rms [deg]", joints["angle_truth_deg"]),
            ("fingertip marker error, rms [mm]", joints["fingertip_marker_mm"]),
        ]
    if "model" in result:
        model = result["model"]
        found += [
            ("joint error 1 s on, windows held back, rms [rad]", model["held_back_end_rad"]),
            ("joint error along windows held back, rms [rad]", model["held_back_path_rad"]),
        ]
    return found


def _perturbed(table: HallTable, spread: HallSpread, rng: np.random.Generator) -> HallTable:
    middle, sign = 0.5 * (table.angle[0] + table.angle[-1]), np.sign(table.angle[-1] - table.angle[0])
    while True:
        stretched = middle + (1.0 + rng.normal(0.0, spread.scale)) * (table.angle - middle)
        angle = stretched + rng.normal(0.0, spread.shift) + rng.normal(0.0, spread.bend, len(table.angle))
        if (np.diff(angle) * sign > 0.0).all():
            return HallTable(table.joint, table.raw, angle)


def _truth_model(
    parameters: tuple[Parameter, ...], coordinates: np.ndarray, config: ProofConfig, rng: np.random.Generator
) -> ModelCalibration:
    """The hidden hand's parameters, its markers beside their described places."""
    places = {}
    for row in MARKERS:
        if row.body != "object":
            sigma = config.base_placement if row.body == "hand_base" else config.fingertip_placement
            places[str(row.id)] = tuple((np.array(row.position) + rng.normal(0.0, sigma, 3)).tolist())
    return replace(to_calibration(parameters, coordinates, coordinates != starts(parameters)), markers=places)


def _play_robot(
    seed: int,
    tables: tuple[HallTable, ...],
    truth: ModelCalibration,
    exercise: Mapping[str, Any] | None,
    show: Show,
) -> SimulatedRun:
    """Runs the exercise on the hidden hand."""
    with tempfile.TemporaryDirectory() as name:
        hall, model = Path(name) / "hand.yaml", Path(name) / "model.yaml"
        hall.write_text(controller_text(tables))
        model.write_text(yaml.safe_dump(to_sections(truth)))
        return record_exercise(seed, str(hall), str(model), exercise, lambda text: show(0.05, f"exercise: {text}"))


def _prove_joints(
    run: SimulatedRun, described: tuple[HallTable, ...], settings: CalibrationConfig
) -> tuple[dict, tuple[HallTable, ...]]:
    """Fits the tables, and compares angles and fingertips with the truth at every reading of the recording."""
    hand = HandKinematics()
    samples = joint_samples(run.recording, described, settings.joints.samples)
    fit = fit_joints(samples, described, hand, settings.joints)
    verdicts = judge_joints(samples, described, fit, hand)
    report = joint_report(samples, described, fit, hand, verdicts)
    pairs = {key: _truth_errors(run, tables, hand) for key, tables in (("before", described), ("after", fit.tables))}
    by_joint = {
        name: {key: round(float(np.sqrt(np.mean(np.square(e[1][:, j]))) * _DEG), 3) for key, e in pairs.items()}
        for j, name in enumerate(JOINT_NAMES)
    }
    figures = {
        "fingertip_truth_mm": {key: _rms(tips) * _MM for key, (tips, _) in pairs.items()},
        "angle_truth_deg": {key: _rms(angles) * _DEG for key, (_, angles) in pairs.items()},
        "fingertip_marker_mm": {key: report["fingertip_error_mm"][key]["all"] for key in pairs},
        "angle_truth_by_joint_deg": by_joint,
        "status": {v.joint: v.status for v in verdicts},
    }
    return figures, fit.tables


def _truth_errors(
    run: SimulatedRun, tables: tuple[HallTable, ...], hand: HandKinematics
) -> tuple[np.ndarray, np.ndarray]:
    """Distances (S, 5) [m] of fingertips by the tables from the true ones, and angle errors (S, 24) [rad]."""
    angles = joint_angles(tables, run.recording.raw())
    return np.linalg.norm(hand.tips(angles) - hand.tips(run.angles), axis=-1), angles - run.angles


def _prove_model(
    run: SimulatedRun,
    tables: tuple[HallTable, ...],
    parameters: tuple[Parameter, ...],
    hidden: np.ndarray,
    settings: CalibrationConfig,
    budget_s: float,
    threads: int,
    show: Show,
) -> dict:
    """Fits the parameters, and replays the windows held back with the described, the found and the true ones."""
    recording: Recording = run.recording
    done = run_model(
        recording,
        tables,
        settings.model,
        threads=threads,
        budget_s=budget_s,
        progress=lambda d: show(0.1 + 0.9 * d.share, f"model: error {d.error:.4f} rad"),
    )
    found, first = np.array(done.descent.state.coordinates), starts(parameters)
    held = {
        key: window_errors(done.held, recording.action, parameters, x, settings.model.timestep, threads)
        for key, x in (("before", first), ("after", found), ("truth", hidden))
    }
    kinds = np.array([p.kind for p in parameters])
    return {
        "held_back_end_rad": {key: errors["end"]["all"] for key, errors in held.items()},
        "held_back_path_rad": {key: errors["path"]["all"] for key, errors in held.items()},
        "held_back_end_by_finger_rad": {key: errors["end"] for key, errors in held.items()},
        "history_rad": done.descent.state.history,
        "evaluations": done.descent.state.evaluations,
        "finished": done.descent.state.finished,
        "changed": int(done.descent.changed.sum()),
        "parameter_error_by_kind": {
            kind: {key: _rms((x - hidden)[kinds == kind]) for key, x in (("before", first), ("after", found))}
            for kind in dict.fromkeys(kinds.tolist())
        },
    }


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(values))))
