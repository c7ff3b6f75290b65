"""The proof itself: hidden hands differ as they should, are found, and the truth is out of calibration's sight."""

from __future__ import annotations

import numpy as np
from hands import SHORT

from inhand_calibration.model.parameters import all_parameters, starts
from inhand_calibration.proof import perturbed_parameters, perturbed_tables, proof_table, prove
from inhand_calibration.settings import HallSpread, load_settings
from inhand_description.hall import described_tables

PARAMETERS = all_parameters()


def test_hidden_tables_are_off_by_what_is_asked_and_monotone() -> None:
    rng, spread = np.random.default_rng(0), HallSpread(shift=0.05, scale=0.03, bend=0.015)
    changes = []
    for _ in range(20):
        for hidden, described in zip(
            perturbed_tables(described_tables(), spread, rng), described_tables(), strict=True
        ):
            assert (np.sign(np.diff(hidden.angle)) == np.sign(np.diff(described.angle))).all()
            changes.append(np.mean(hidden.angle - described.angle))
    assert 0.04 < np.std(changes) < 0.06


def test_hidden_parameters_are_within_their_spread_and_bounds() -> None:
    config = load_settings().proof
    hidden = np.array([perturbed_parameters(PARAMETERS, config, np.random.default_rng(seed)) for seed in range(50)])
    low, high = np.array([config.model[p.kind] for p in PARAMETERS]).T
    change = hidden - starts(PARAMETERS)
    assert (change >= low).all() and (change <= high).all()
    assert (np.ptp(change, axis=0) > 0.7 * (high - low)).all()
    assert all(p.lower <= value <= p.upper for p, value in zip(PARAMETERS, hidden[0], strict=True))


def test_a_hidden_hand_is_found() -> None:
    """One finger exercised, one sweep: less than the real proof, and better than what was described all the same."""
    settings = load_settings({"model": {"sweeps": 1, "stride_s": 0.96}, "joints": {"samples": 200}})
    said: list[str] = []
    result = prove(0, "all", settings, 0.0, 1, lambda share, text: said.append(text), SHORT)
    joints, model = result["joints"], result["model"]
    finger = [f"rh_FFJ{n}" for n in (4, 3)]
    for name in finger:
        errors = joints["angle_truth_by_joint_deg"][name]
        assert errors["after"] < max(0.5 * errors["before"], 0.5), name
    assert joints["fingertip_marker_mm"]["after"] < 0.1 * joints["fingertip_marker_mm"]["before"]
    assert model["held_back_path_rad"]["after"] < 0.8 * model["held_back_path_rad"]["before"]
    assert model["finished"] and model["changed"] > 5
    assert "seed 0: joint error 1 s on" in proof_table([result])
    assert any("ff oscillates" in text for text in said)
