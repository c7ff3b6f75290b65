"""Hands for the tests: perturbed tables, samples computed from known angles, and a short recorded exercise."""

from __future__ import annotations

import functools

import numpy as np

from inhand_calibration.joints.kinematics import HandKinematics
from inhand_calibration.joints.samples import JointSamples
from inhand_calibration.settings import load_settings
from inhand_calibration.simulated import SimulatedRun, record_exercise
from inhand_description import joint_ranges
from inhand_description.hall import HallTable, described_tables

SHORT = {"groups": ["ff"], "oscillate_s": 5.0, "max_push_s": 1.2}


def shifted(joint: int, shift: np.ndarray | float) -> tuple[HallTable, ...]:
    """The described tables, one of them with its angles shifted [rad]."""
    tables = list(described_tables())
    old = tables[joint]
    tables[joint] = HallTable(old.joint, old.raw, old.angle + shift)
    return tuple(tables)


def raw_of(tables: tuple[HallTable, ...], angles: np.ndarray) -> np.ndarray:
    """Raw values (N, 24) that sensors with these tables give at angles (N, 24) within them."""
    columns = []
    for j, table in enumerate(tables):
        order = np.argsort(table.angle)
        columns.append(np.interp(angles[:, j], table.angle[order], table.raw[order]))
    return np.stack(columns, axis=-1)


def samples_of(tables: tuple[HallTable, ...], count: int = 400, noise: float = 1e-5, seed: int = 0) -> JointSamples:
    """Samples of a hand with these tables and the described kinematics, at random angles."""
    rng = np.random.default_rng(seed)
    low, high = joint_ranges().T
    angles = rng.uniform(low, high, (count, len(low)))
    tips = HandKinematics().tips(angles) + rng.normal(0.0, noise, (count, 5, 3))
    return JointSamples(raw_of(tables, angles), tips, np.ones((count, 5), bool))


def joint_settings(**changes):
    """Section `joints` of config/calibration.yaml."""
    return load_settings({"joints": changes}).joints


def model_settings(**changes):
    """Section `model` of config/calibration.yaml."""
    return load_settings({"model": changes}).model


@functools.cache
def short_run(calibration: str = "", seed: int = 0) -> SimulatedRun:
    """A few seconds of one finger's exercise."""
    return record_exercise(seed, calibration=calibration, exercise=SHORT)
