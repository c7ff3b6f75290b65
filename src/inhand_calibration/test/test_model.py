"""Calibration of the model: the table of parameters, windows, replay in many worlds, and the descent."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from hands import model_settings, short_run

from inhand_calibration.model.descent import Descent, mean_error
from inhand_calibration.model.parameters import (
    PAPER_COUNT,
    all_parameters,
    counts,
    starts,
    to_calibration,
)
from inhand_calibration.model.replay import GroupReplay, after_backlash
from inhand_calibration.model.report import calibration_text, model_plots, model_report, model_text
from inhand_calibration.model.run import run_model
from inhand_calibration.model.windows import GROUP_JOINTS, Windows, cut_windows, split
from inhand_core.config import ConfigError
from inhand_description import ACTUATOR_INDEX, JOINT_INDEX, ModelConfig, build_model
from inhand_description.calibration import to_sections
from inhand_description.hall import described_tables

PARAMETERS = all_parameters()
TABLES = described_tables()


def index_of(owner: str, kind: str, parameters=PARAMETERS) -> int:
    return next(i for i, p in enumerate(parameters) if (p.owner, p.kind) == (owner, kind))


def real_windows() -> Windows:
    return cut_windows(short_run().recording, TABLES, 1.0, 0.8)["ff"]


def truth_windows(coordinates: np.ndarray, parameters=PARAMETERS) -> dict[str, Windows]:
    """Windows whose joints moved exactly as the simulation with these coordinates says."""
    cut = real_windows()
    replay = GroupReplay(cut, short_run().recording.action, parameters, 1, 1, 0.008)
    return {"ff": dataclasses.replace(cut, path=replay.paths(coordinates[None])[0])}


def descend(windows: dict[str, Windows], parameters, state: Path | None = None, **changes) -> Descent:
    return Descent(windows, short_run().recording.action, parameters, model_settings(**changes), 1, state)


def test_the_table_counts_as_the_paper_does() -> None:
    found = counts(PARAMETERS)
    assert (found["all"], found["as the paper counts"]) == (24 * 7 + 20 * 4, PAPER_COUNT)
    assert all(p.lower <= p.start <= p.upper and p.step > 0 for p in PARAMETERS)
    with pytest.raises(ConfigError, match="dumping.*known.*damping"):
        all_parameters(("dumping",))


def test_coordinates_survive_the_file_and_reach_the_model(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    low, high = (np.array([getattr(p, name) for p in PARAMETERS]) for name in ("lower", "upper"))
    middle = starts(PARAMETERS)
    x = middle + 0.3 * rng.uniform(size=len(middle)) * np.where(
        rng.uniform(size=len(middle)) < 0.5, low - middle, high - middle
    )
    found = to_calibration(PARAMETERS, x)
    for parameter, coordinate in zip(PARAMETERS, x, strict=True):
        value = getattr((found.joints if parameter.of_joint else found.actuators)[parameter.owner], parameter.kind)
        assert np.isclose(np.log(value) if parameter.described.log else value, coordinate)
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(to_sections(found)))
    model = build_model(ModelConfig(object="none", calibration=str(tmp_path / "c.yaml")))
    replay = GroupReplay(real_windows(), short_run().recording.action, PARAMETERS, 1, 1, 0.008)
    replay.paths(x[None])
    for name, values in replay._fields.items():
        np.testing.assert_allclose(values[0], getattr(model, name), atol=1e-12, err_msg=name)


def test_windows_hold_what_was_recorded() -> None:
    recording, cut = short_run().recording, real_windows()
    assert cut.path.shape[1:] == (12, 24) and len(cut) > 4
    angles = short_run().angles
    for k in range(len(cut)):
        begin = np.searchsorted(recording.sensor_time, recording.action_time[cut.first[k]] - 1e-9)
        np.testing.assert_allclose(cut.position[k], angles[begin], atol=1e-3)
        after = np.searchsorted(recording.sensor_time, recording.action_time[cut.first[k] + 12] - 1e-9)
        np.testing.assert_allclose(cut.path[k, -1], angles[after], atol=1e-3)


def test_windows_over_a_gap_are_left_out() -> None:
    recording = short_run().recording
    late = recording.action_time + 0.3 * (np.arange(len(recording.action_time)) > 30)
    gap = dataclasses.replace(recording, action_time=late)
    kept = cut_windows(gap, TABLES, 1.0, 0.08)["ff"].first
    assert not ((kept <= 30) & (kept + 12 > 30)).any()
    with pytest.raises(ConfigError, match="no 1 s of actions every"):
        cut_windows(dataclasses.replace(recording, action_time=2.0 * recording.action_time), TABLES, 1.0, 0.5)


def test_every_fourth_window_is_held_back() -> None:
    cut = real_windows()
    fitted, held = split(cut, 4)
    assert sorted([*fitted.first, *held.first]) == cut.first.tolist()
    assert len(held) == len(cut) // 4


def test_candidates_in_parallel_worlds_do_not_mix() -> None:
    """Two candidates at once give the bits that each gives alone, twice in a row, on any number of threads."""
    cut, actions = real_windows(), short_run().recording.action
    pair = np.stack([starts(PARAMETERS)] * 2)
    pair[1, index_of("rh_FFJ3", "damping")] += 0.5
    pair[1, index_of("rh_FFJ0", "log_delta_positive")] -= 1.0
    replay = GroupReplay(cut, actions, PARAMETERS, 2, 2, 0.008)
    together = replay.paths(pair)
    np.testing.assert_array_equal(together, replay.paths(pair))
    for k in range(2):
        np.testing.assert_array_equal(
            together[k], GroupReplay(cut, actions, PARAMETERS, 1, 1, 0.008).paths(pair[k : k + 1])[0]
        )
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_backlash_is_the_simulations() -> None:
    """By hand: full actions, delta 5 [1/s], take up 0.4 of the slack a step: the third has half left."""
    actions = np.zeros((5, 20))
    actions[:, 3] = 1.0
    passed = after_backlash(actions, np.full((1, 20, 2), 5.0))[0, :, 3]
    np.testing.assert_allclose(passed[:4], [0.0, 0.0, 0.5, 1.0], atol=1e-9)
    assert after_backlash(actions, np.full((1, 20, 2), 100.0))[0, 1:, 3].min() == 1.0


def test_backlash_in_one_direction_alone_leaves_the_other_as_described() -> None:
    cut, actions = real_windows(), short_run().recording.action
    kinds = ("log_delta_negative",), ("log_delta_negative", "log_delta_positive")
    chosen = [all_parameters(k) for k in kinds]
    paths = [GroupReplay(cut, actions, p, 1, 1, 0.008).paths(starts(p)[None]) for p in chosen]
    np.testing.assert_array_equal(*paths)


@pytest.mark.parametrize(("owner", "kind", "shift"), [("rh_FFJ3", "damping", 0.4), ("rh_FFJ3", "kp", -0.25)])
def test_a_single_hidden_value_is_found(owner: str, kind: str, shift: float) -> None:
    parameters = all_parameters((kind,))
    truth = starts(parameters)
    truth[index_of(owner, kind, parameters)] += shift
    descent = descend(truth_windows(truth, parameters), parameters, sweeps=10, restarts=0)
    assert descent.run()
    found = np.array(descent.state.coordinates)
    assert found[index_of(owner, kind, parameters)] == pytest.approx(truth[index_of(owner, kind, parameters)], abs=0.05)
    assert descent.error < 0.1 * descent.state.history[0]


def test_errors_never_rise_and_the_truth_is_left_alone() -> None:
    parameters = all_parameters(("damping", "kp"))
    truth = starts(parameters)
    same = descend(truth_windows(truth, parameters), parameters, sweeps=1)
    assert same.run() and not same.changed.any() and same.error == 0.0
    truth[[index_of("rh_FFJ4", "kp", parameters), index_of("rh_FFJ2", "damping", parameters)]] += 0.3
    descent, errors = descend(truth_windows(truth, parameters), parameters, min_gain=0.0, sweeps=3), []
    descent.run(lambda d: errors.append(d.error))
    assert (np.diff(errors) <= 1e-12).all() and errors[-1] < 0.3 * errors[0]


def test_changes_that_gain_too_little_are_dropped() -> None:
    parameters = all_parameters(("damping",))
    truth = starts(parameters)
    truth[index_of("rh_FFJ3", "damping", parameters)] += 0.4
    descent = descend(truth_windows(truth, parameters), parameters, min_gain=0.9, sweeps=2)
    assert descent.run() and not descent.changed.any()


def test_interrupted_it_ends_where_it_would_have_ended(tmp_path: Path) -> None:
    parameters = all_parameters(("damping", "friction_loss"))
    truth = starts(parameters)
    truth[index_of("rh_FFJ3", "damping", parameters)] += 0.4
    windows, state = truth_windows(truth, parameters), tmp_path / "state.json"
    whole = descend(windows, parameters, sweeps=2)
    whole.run()
    calls = 0

    def often() -> bool:
        nonlocal calls
        calls += 1
        return calls % 6 == 0

    interruptions = 0
    while not descend(windows, parameters, state, sweeps=2).run(until=often):
        interruptions += 1
        assert interruptions < 100
    assert interruptions > 1
    resumed = descend(windows, parameters, state, sweeps=2).state
    assert resumed == whole.state


def test_steps_begin_anew_when_all_are_small() -> None:
    parameters = all_parameters(("margin",))
    windows = truth_windows(starts(parameters), parameters)
    ended = {}
    for restarts in (0, 2):
        descent = descend(windows, parameters, restarts=restarts, shrink=0.01)
        assert descent.run()
        ended[restarts] = (len(descent.state.history), descent.state.restarts)
    assert ended == {0: (2, 0), 2: (4, 2)}


def test_a_state_of_something_else_is_refused(tmp_path: Path) -> None:
    parameters, state = all_parameters(("damping",)), tmp_path / "state.json"
    windows = truth_windows(starts(parameters), parameters)
    descend(windows, parameters, state).run(until=lambda: True)
    with pytest.raises(ConfigError, match="another recording, or to other settings"):
        descend(windows, parameters, state, sweeps=1)
    state.write_text("{}")
    with pytest.raises(ConfigError, match="no state of a calibration"):
        descend(windows, parameters, state)


def test_a_world_that_goes_bad_only_loses_its_candidate() -> None:
    parameters = all_parameters(("damping", "equilibrium"))
    replay = GroupReplay(real_windows(), short_run().recording.action, parameters, 2, 1, 0.008)
    pair = np.stack([starts(parameters)] * 2)
    pair[0, index_of("rh_FFJ3", "equilibrium", parameters)] = np.nan
    good = mean_error(replay.errors(pair), "end")
    assert np.isfinite(good).all() and good[1] < 0.5


def test_the_whole_run_reports_and_writes_a_file_that_loads(tmp_path: Path) -> None:
    hidden = tmp_path / "truth.yaml"
    hidden.write_text("joints: {rh_FFJ3: {damping: 0.1}}\nactuators: {rh_FFJ3: {kp: 0.8}}\n")
    recording = short_run(str(hidden)).recording
    settings = model_settings(sweeps=1)
    run = run_model(recording, TABLES, settings, kinds=("damping", "kp", "log_delta_negative", "log_delta_positive"))
    report = json.loads(
        json.dumps(model_report(run.descent, run.fitted, run.held, recording.action, settings.timestep))
    )
    fitted = report["joint_error_rad"]["fitted"]
    assert fitted["after"][settings.compare]["all"] < 0.7 * fitted["before"][settings.compare]["all"]
    assert report["changed"] == len(report["changes"]) > 0
    assert "parameters changed" in model_text(report)
    (tmp_path / "model.yaml").write_text(calibration_text(run.descent))
    model = build_model(ModelConfig(calibration=str(tmp_path / "model.yaml")))
    place = index_of("rh_FFJ3", "damping", run.descent.parameters)
    found = run.descent.parameters[place].value(run.descent.state.coordinates[place])
    assert model.dof_damping[JOINT_INDEX["rh_FFJ3"]] == pytest.approx(found)
    assert model.actuator_gainprm[ACTUATOR_INDEX["rh_WRJ1"], 0] == 5.0
    for path in model_plots(tmp_path, run.descent, {"ff": run.fitted["ff"]}, recording.action, settings.timestep):
        assert path.stat().st_size > 5_000
    assert GROUP_JOINTS["ff"].tolist() == [JOINT_INDEX[f"rh_FFJ{n}"] for n in (4, 3, 2, 1)]
