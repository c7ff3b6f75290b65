"""The fit of the Hall tables: finds a hidden table, keeps what no marker tells, stands outliers, says what it knows."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hands import joint_settings, raw_of, samples_of, shifted

from inhand_calibration.joints.fit import _Problem, fit_joints
from inhand_calibration.joints.identifiability import judge_joints
from inhand_calibration.joints.kinematics import BASE_POSITIONS, HandKinematics
from inhand_calibration.joints.report import check_fit, joint_plots, joint_report, joint_text, marker_errors
from inhand_calibration.joints.samples import JointSamples, joint_samples
from inhand_calibration.recording import Recording
from inhand_calibration.steadiness import breaks
from inhand_core.config import ConfigError
from inhand_description import FINGERS, JOINT_INDEX, joint_ranges
from inhand_description.hall import described_tables, joint_angles

HAND = HandKinematics()
FACTORY = described_tables()
KNUCKLE = JOINT_INDEX["rh_FFJ3"]


def test_derivatives_of_all_residuals() -> None:
    problem = _Problem(samples_of(FACTORY, 12, 1e-3), FACTORY, HAND, joint_settings())
    x = problem.parameters.start + np.random.default_rng(0).normal(0.0, 0.02, problem.parameters.start.shape)
    jacobian = problem.jacobian(x)
    for column in range(len(x)):
        step = 1e-6 * (np.arange(len(x)) == column)
        slope = (problem.residuals(x + step) - problem.residuals(x - step)) / 2e-6
        np.testing.assert_allclose(jacobian[:, column], slope, atol=1e-4 * max(1.0, np.abs(slope).max()))


def test_a_single_wrong_table_is_found() -> None:
    change = np.array([0.06, 0.05, 0.07, 0.04, 0.06])
    truth = shifted(KNUCKLE, change)
    fit = fit_joints(samples_of(truth), FACTORY, HAND, joint_settings())
    np.testing.assert_allclose(fit.tables[KNUCKLE].angle, truth[KNUCKLE].angle, atol=0.004)
    others = [t.angle - f.angle for j, (t, f) in enumerate(zip(fit.tables, FACTORY, strict=True)) if j != KNUCKLE]
    assert max(np.abs(o).max() for o in others) < 0.01
    assert fit.cost[1] < 0.01 * fit.cost[0]


def test_a_true_factory_is_kept() -> None:
    fit = fit_joints(samples_of(FACTORY), FACTORY, HAND, joint_settings())
    for found, given in zip(fit.tables, FACTORY, strict=True):
        np.testing.assert_allclose(found.angle, given.angle, atol=1e-3)


def test_tables_stay_monotone_when_the_data_pull_them_together() -> None:
    """Markers that always show the same pose would have all points of a table give the same angle."""
    samples = samples_of(FACTORY, 100)
    still = dataclasses.replace(samples, tips=np.tile(samples.tips[:1], (100, 1, 1)))
    fit = fit_joints(still, FACTORY, HAND, joint_settings(offset_sigma=10.0, bend_sigma=10.0))
    for found, given in zip(fit.tables, FACTORY, strict=True):
        assert (np.sign(np.diff(found.angle)) == np.sign(np.diff(given.angle))).all()


def test_swapped_markers_now_and_then_do_little_harm() -> None:
    truth = shifted(KNUCKLE, 0.06)
    samples = samples_of(truth)
    tips = samples.tips.copy()
    tips[::20] = tips[::20, ::-1]
    fit = fit_joints(dataclasses.replace(samples, tips=tips), FACTORY, HAND, joint_settings())
    np.testing.assert_allclose(fit.tables[KNUCKLE].angle, truth[KNUCKLE].angle, atol=0.01)


def test_unseen_and_unmoved_joints_keep_the_factory_and_are_named() -> None:
    truth = shifted(KNUCKLE, 0.06)
    samples = samples_of(truth, 200)
    thumb, still = FINGERS.index("th"), JOINT_INDEX["rh_MFJ3"]
    raw, seen = samples.raw.copy(), samples.seen.copy()
    seen[:, thumb] = False
    raw[:, still] = 2000.0
    angles = np.stack([t.angles(raw[:, j]) for j, t in enumerate(truth)], axis=-1)
    samples = JointSamples(raw, HAND.tips(angles), seen)
    fit = fit_joints(samples, FACTORY, HAND, joint_settings())
    verdicts = {v.joint: v for v in judge_joints(samples, FACTORY, fit, HAND)}
    assert verdicts["rh_THJ1"].status == verdicts["rh_THJ5"].status == "no marker"
    assert verdicts["rh_MFJ3"].status == "not moved"
    assert verdicts["rh_FFJ3"].status == verdicts["rh_WRJ1"].status == "determined"
    np.testing.assert_allclose(
        fit.tables[JOINT_INDEX["rh_THJ4"]].angle, FACTORY[JOINT_INDEX["rh_THJ4"]].angle, atol=1e-9
    )


def test_the_stated_uncertainty_covers_a_shift_that_looks_like_a_misplaced_marker() -> None:
    joint = JOINT_INDEX["rh_FFJ1"]
    truth = shifted(joint, 0.05)
    samples = samples_of(truth)
    fit = fit_joints(samples, FACTORY, HAND, joint_settings())
    error = np.abs(fit.tables[joint].angle - truth[joint].angle)
    assert (error < 3.0 * fit.sigma[joint]).all()
    assert judge_joints(samples, FACTORY, fit, HAND)[joint].status == "weak"


def test_the_report_is_written(tmp_path: Path) -> None:
    truth = shifted(KNUCKLE, 0.06)
    samples = samples_of(truth, 100)
    fit = fit_joints(samples, FACTORY, HAND, joint_settings())
    verdicts = judge_joints(samples, FACTORY, fit, HAND)
    report = json.loads(json.dumps(joint_report(samples, FACTORY, fit, HAND, verdicts)))
    expected = np.sqrt(np.mean(np.square(marker_errors(samples, FACTORY, HAND)))) * 1e3
    assert report["fingertip_error_mm"]["before"]["all"] == pytest.approx(expected, abs=1e-3)
    assert report["fingertip_error_mm"]["after"]["ff"] < 0.1 * report["fingertip_error_mm"]["before"]["ff"]
    assert "determined" in joint_text(report)
    for path in joint_plots(tmp_path, samples, FACTORY, fit, HAND, verdicts):
        assert path.stat().st_size > 10_000


def a_recording(count: int = 50, lost: tuple[int, ...] = ()) -> tuple[Recording, JointSamples]:
    """Samples as a recording: the base turned and moved, sensors between the markers' frames, markers lost."""
    samples = samples_of(FACTORY, count, 0.0)
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    place = np.array([0.3, -0.2, 1.0])
    points = np.concatenate([samples.tips, np.tile(BASE_POSITIONS, (count, 1, 1))], axis=1) @ turn.T + place
    condition = np.ones(points.shape[:2])
    condition[:, list(lost)] = 0.0
    time = 10.0 * np.arange(count)  # slow enough for joints that are anywhere next
    channels = np.repeat(samples.raw, np.bincount([*range(24), 1, 19]), axis=1)
    nothing = np.zeros((0, 20))
    return Recording(time, channels, time, np.arange(9), points, condition, np.zeros(0), nothing), samples


def tips_of(samples: JointSamples) -> np.ndarray:
    """Where the markers are at the samples' raw values."""
    return HAND.tips(joint_angles(FACTORY, samples.raw))


def test_samples_are_in_the_frame_of_the_base() -> None:
    recording, samples = a_recording()
    found = joint_samples(recording, FACTORY, 1000)
    assert 10 < len(found) <= len(samples) and found.seen.all()
    np.testing.assert_allclose(found.tips, tips_of(found), atol=1e-9)


def test_samples_are_spread_over_the_way_and_not_over_time() -> None:
    """A hand that rests for most of the recording gives samples of its motion all the same."""
    recording, _ = a_recording()
    rest = np.concatenate([np.arange(25), np.full(500, 25), np.arange(25, 50)])
    time = 10.0 * np.arange(len(rest))
    longer = dataclasses.replace(
        recording,
        sensor_time=time,
        hall=recording.hall[rest],
        marker_time=time,
        position=recording.position[rest],
        condition=recording.condition[rest],
    )
    found = joint_samples(longer, FACTORY, 40)
    assert len(np.unique(found.raw[:, KNUCKLE].round(3))) > 25


def test_one_lost_base_marker_is_no_harm_and_two_are_too_many() -> None:
    recording, _ = a_recording(lost=(6,))
    found = joint_samples(recording, FACTORY, 1000)
    np.testing.assert_allclose(found.tips, tips_of(found), atol=1e-9)
    with pytest.raises(ConfigError, match=r"markers \[5, 6, 7, 8\] on the hand's base were never seen"):
        joint_samples(a_recording(lost=(5, 6))[0], FACTORY, 1000)


def test_a_recording_without_markers_is_refused() -> None:
    recording, _ = a_recording()
    with pytest.raises(ConfigError, match="mocap/markers"):
        joint_samples(dataclasses.replace(recording, marker_time=np.zeros(0)), FACTORY, 10)
    fewer = dataclasses.replace(recording, marker_ids=np.arange(1, 10))
    with pytest.raises(ConfigError, match=r"markers \[0\] are not in the recording"):
        joint_samples(fewer, FACTORY, 10)


def a_moving_hand(seconds: float = 20.0, jump: float = 0.0) -> Recording:
    """Sensors at 200 Hz and markers at 240 Hz of a hand that sways; every 2 s it is elsewhere, as after a reset."""
    low, high = joint_ranges().T
    rng = np.random.default_rng(0)
    phase, rate = rng.uniform(0, 2 * np.pi, len(low)), rng.uniform(0.2, 0.5, len(low))
    places = rng.uniform(-1, 1, (1 + int(seconds // 2), len(low)))

    def angles(times: np.ndarray) -> np.ndarray:
        sway = 0.5 * np.sin(2 * np.pi * rate * times[:, None] + phase) + jump * places[(times // 2).astype(int)]
        return (low + high) / 2 + (high - low) / 2 * np.clip(sway, -1, 1)

    sensors, frames = np.arange(0, seconds, 1 / 200), np.arange(0.001, seconds - 0.01, 1 / 240)
    channels = np.repeat(raw_of(FACTORY, angles(sensors)), np.bincount([*range(24), 1, 19]), axis=1)
    tips = HAND.tips(angles(frames))
    points = np.concatenate([tips, np.tile(BASE_POSITIONS, (len(frames), 1, 1))], axis=1)
    nothing = np.zeros((0, 20))
    return Recording(sensors, channels, frames, np.arange(9), points, np.ones(points.shape[:2]), np.zeros(0), nothing)


def largest_change(recording: Recording) -> float:
    """What the fit makes of a perfect hand's tables [deg]."""
    samples = joint_samples(recording, FACTORY, 150)
    fit = fit_joints(samples, FACTORY, HAND, joint_settings())
    check_fit(samples, fit, HAND, joint_settings())
    return max(float(np.abs(t.angle - f.angle).max()) for t, f in zip(fit.tables, FACTORY, strict=True)) * 180 / np.pi


def test_a_perfect_hand_keeps_its_tables_though_a_simulator_resets_it() -> None:
    """It was bent by degrees by readings that were interpolated from one trial into the next."""
    recording = a_moving_hand(jump=0.5)
    assert 5 <= len(breaks(recording.sensor_time, joint_angles(FACTORY, recording.raw()))) <= 10
    assert largest_change(recording) < 0.3


def test_a_gap_in_the_sensors_is_not_bridged() -> None:
    recording = a_moving_hand()
    keep = (recording.sensor_time < 5.0) | (recording.sensor_time > 6.0)
    cut = dataclasses.replace(recording, sensor_time=recording.sensor_time[keep], hall=recording.hall[keep])
    found = joint_samples(cut, FACTORY, 400)
    assert not ((found.time > 4.96) & (found.time < 6.04)).any() and (found.time > 6.1).any()


def test_sensors_and_markers_that_disagree_are_refused_with_the_times() -> None:
    """Markers of another moment: their clock is a second late in the middle of the recording."""
    recording = a_moving_hand(jump=0.5)
    frames = recording.marker_time
    late = (frames > 8.0) & (frames < 14.0)
    shift = np.where(late, np.maximum(np.arange(len(frames)) - 240, 0), np.arange(len(frames)))
    wrong = dataclasses.replace(recording, position=recording.position[shift])
    samples = joint_samples(wrong, FACTORY, 100)
    settings = joint_settings(iterations=5)
    fit = fit_joints(samples, FACTORY, HAND, settings)
    with pytest.raises(ConfigError, match="markers and sensors disagree: .* mm") as error:
        check_fit(samples, fit, HAND, settings)
    words = str(error.value).partition("most of all at ")[2].partition(" s of the recording")[0]
    intervals = [(float(begin), float(end)) for begin, end in re.findall(r"(\d+\.\d\d) to (\d+\.\d\d)", words)]
    assert any(7.0 < begin < 9.0 and 13.0 < end < 15.5 for begin, end in intervals), words
