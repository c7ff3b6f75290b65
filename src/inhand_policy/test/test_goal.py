"""Trials and goals, sequences worked by hand."""

import dataclasses

import numpy as np
import pytest
from conftest import pose

from inhand_core import rotations
from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_core.signals import EndReason, TrialState
from inhand_description.objects import OBJECTS
from inhand_description.scene import DROP
from inhand_policy.goal import GoalGenerator
from inhand_policy.goal_config import GoalConfig

DEFAULT = load_config(GoalConfig, read_yaml(config_file("goal")))
ON_PALM = (np.asarray(DROP.lower) + np.asarray(DROP.upper)) / 2
OFF_PALM = np.asarray(DROP.lower) - 0.01
DT = 0.08


def generator(batch=1, **changes):
    return GoalGenerator(dataclasses.replace(DEFAULT, **changes), row_seeds(3, batch))


def step(component, place=ON_PALM, orientation=(0, 0, 0, 1.0), **pose_arguments):
    """One step with the object there, in every row; returns (goal, trial)."""
    places = np.broadcast_to(place, (component.batch, 3))
    out = component.step({"object_pose": pose(places, orientation, **pose_arguments)}, DT)
    return out["goal"], out["trial"]


def said(trial):
    return int(trial.trial_id[0]), TrialState(trial.state[0]), EndReason(trial.reason[0]), int(trial.goals_achieved[0])


def test_first_step_starts_trial_zero_with_a_goal_away_from_the_object():
    component = generator()
    goal, trial = step(component)
    assert said(trial) == (0, TrialState.RUNNING, EndReason.NONE, 0)
    assert goal.goal_id[0] == 0
    assert rotations.angle(goal.orientation)[0] >= 0.4


def test_without_a_pose_it_waits():
    out = generator().step({}, DT)
    assert said(out["trial"]) == (0, TrialState.IDLE, EndReason.NONE, 0)


def test_success_draws_the_next_goal_at_once():
    component = generator()
    goal, _ = step(component)
    reached = goal.orientation
    following, trial = step(component, orientation=reached)
    assert component.success.all() and component.distance[0] < 1e-7
    assert said(trial) == (0, TrialState.RUNNING, EndReason.NONE, 1)
    assert following.goal_id[0] == 1 and component.elapsed[0] == 0.0
    assert rotations.distance(following.orientation, reached)[0] >= 0.4


@pytest.mark.parametrize(("angle", "achieved"), [(0.399, 1), (0.401, 0)])
def test_tolerance_is_point_four_rad(angle, achieved):
    component = generator()
    goal, _ = step(component)
    near = rotations.multiply(rotations.from_rotation_vector(np.array([[0.0, angle, 0.0]])), goal.orientation)
    _, trial = step(component, orientation=near[0])
    assert trial.goals_achieved[0] == achieved


def test_drop_ends_the_trial_and_the_next_step_starts_another():
    component = generator()
    step(component)
    goal, trial = step(component, OFF_PALM)
    assert component.dropped.all()
    assert said(trial) == (0, TrialState.ENDED, EndReason.DROPPED, 0)
    before = goal.orientation.copy()
    goal, trial = step(component)
    assert said(trial) == (1, TrialState.RUNNING, EndReason.NONE, 0)
    assert goal.goal_id[0] == 0 and not np.array_equal(goal.orientation, before)


def test_drop_goes_before_success():
    component = generator()
    goal, _ = step(component)
    _, trial = step(component, OFF_PALM, goal.orientation)
    assert said(trial) == (0, TrialState.ENDED, EndReason.DROPPED, 0)


def test_time_out_comes_after_exactly_100_steps_of_80_ms_without_success():
    component = generator()
    step(component)
    for _ in range(99):
        _, trial = step(component)
        assert trial.state[0] == TrialState.RUNNING
    _, trial = step(component)
    assert said(trial) == (0, TrialState.ENDED, EndReason.TIMEOUT, 0)


def test_success_restarts_the_time_out_and_wins_on_the_last_step():
    component = generator()
    goal, _ = step(component)
    for _ in range(99):
        step(component)
    _, trial = step(component, orientation=goal.orientation)
    assert said(trial) == (0, TrialState.RUNNING, EndReason.NONE, 1)
    for _ in range(99):
        _, trial = step(component, orientation=goal.orientation)
    assert trial.state[0] == TrialState.RUNNING


def test_last_goal_ends_the_trial_with_success():
    component = generator(max_goals=3)
    goal, _ = step(component)
    for n in (1, 2, 3):
        goal, trial = step(component, orientation=goal.orientation)
        assert trial.goals_achieved[0] == n
    assert said(trial) == (0, TrialState.ENDED, EndReason.SUCCESS, 3)


def test_unseen_object_neither_succeeds_nor_drops_until_it_counts_as_lost():
    component = generator(lost_limit_s=2.0)
    goal, _ = step(component)
    _, trial = step(component, OFF_PALM, goal.orientation, valid=False, age=1.9)
    assert said(trial) == (0, TrialState.RUNNING, EndReason.NONE, 0)
    _, trial = step(component, ON_PALM, valid=False, age=2.1)
    assert said(trial) == (0, TrialState.ENDED, EndReason.DROPPED, 0)


def test_poses_that_stop_coming_end_the_trial_as_a_lost_object():
    component = generator(lost_limit_s=0.5)
    step(component)
    trials = [component.step({}, DT)["trial"] for _ in range(7)]
    assert [int(trial.state[0]) for trial in trials[:6]] == [TrialState.RUNNING] * 6
    assert said(trials[6]) == (0, TrialState.ENDED, EndReason.DROPPED, 0)


def test_a_missing_device_interrupts_the_trial_and_holds_the_next_one_back():
    component = generator(lost_limit_s=0.5)
    step(component)
    component.interrupt(True)
    assert said(step(component, OFF_PALM)[1]) == (0, TrialState.ENDED, EndReason.INTERRUPTED, 0), "not a drop"
    for _ in range(10):
        assert component.step({}, DT)["trial"].state[0] == TrialState.ENDED
    component.interrupt(False)
    assert said(step(component)[1]) == (1, TrialState.RUNNING, EndReason.NONE, 0)


def test_an_overloaded_machine_ends_the_trial_under_its_own_name():
    component = generator()
    step(component)
    component.interrupt(True, overloaded=True)
    assert said(step(component, OFF_PALM)[1]) == (0, TrialState.ENDED, EndReason.OVERLOADED, 0), "it makes devices miss"
    component.interrupt(False, overloaded=True)
    assert step(component)[1].state[0] == TrialState.ENDED
    component.interrupt(False)
    assert said(step(component)[1]) == (1, TrialState.RUNNING, EndReason.NONE, 0)


def test_interruptions_are_by_row_and_a_request_waits_for_their_end():
    component = generator(2, auto_start=False)
    component.interrupt(np.array([True, False]))
    component.request_start()
    assert step(component)[1].state.tolist() == [TrialState.IDLE, TrialState.RUNNING]
    component.interrupt(False)
    assert step(component)[1].state.tolist() == [TrialState.RUNNING, TrialState.RUNNING]


def test_restart_delay_holds_the_next_trial_back():
    component = generator(restart_delay_s=0.24)
    step(component)
    step(component, OFF_PALM)
    states = [step(component)[1].state[0] for _ in range(3)]
    assert states == [TrialState.ENDED, TrialState.ENDED, TrialState.RUNNING]


def test_on_a_real_hand_it_waits_for_the_block_on_the_palm():
    component = generator(require_object=True)
    assert step(component, OFF_PALM)[1].state[0] == TrialState.IDLE
    assert step(component, valid=False)[1].state[0] == TrialState.IDLE
    assert step(component)[1].state[0] == TrialState.RUNNING


def test_start_and_stop_by_request():
    component = generator(auto_start=False)
    assert step(component)[1].state[0] == TrialState.IDLE
    component.request_start()
    assert said(step(component)[1]) == (0, TrialState.RUNNING, EndReason.NONE, 0)
    component.request_stop()
    assert said(step(component)[1]) == (0, TrialState.ENDED, EndReason.STOPPED, 0)
    for _ in range(5):
        assert step(component)[1].state[0] == TrialState.ENDED
    component.request_start()
    assert said(step(component)[1]) == (1, TrialState.RUNNING, EndReason.NONE, 0)


def test_stop_withdraws_a_start_not_yet_granted():
    component = generator(auto_start=False, require_object=True)
    component.request_start()
    step(component, OFF_PALM)
    component.request_stop()
    assert step(component)[1].state[0] == TrialState.IDLE


def test_another_goal_by_request_counts_as_nothing_and_only_in_its_row():
    component = generator(2)
    first, _ = step(component)
    component.request_goal(np.array([True, False]))
    goal, trial = step(component)
    assert goal.goal_id.tolist() == [1, 0] and trial.goals_achieved.tolist() == [0, 0]
    assert rotations.distance(goal.orientation, first.orientation)[0] > 0.0
    np.testing.assert_array_equal(goal.orientation[1], first.orientation[1])
    assert component.elapsed.tolist() == pytest.approx([0.0, DT])
    assert step(component)[0].goal_id.tolist() == [1, 0]


def test_a_goal_by_hand_is_the_one_that_was_asked_for_once_and_only_in_its_row():
    wanted = np.array([0.0, 0.6, 0.0, 0.8])
    component, other = generator(2), generator(2)
    for each in (component, other):
        step(each)
    component.request_goal(np.array([True, False]), 2.0 * wanted)
    other.request_goal(np.array([True, False]))
    goal, trial = step(component)
    drawn, _ = step(other)
    np.testing.assert_allclose(goal.orientation[0], wanted)
    np.testing.assert_array_equal(goal.orientation[1], drawn.orientation[1])
    assert goal.goal_id.tolist() == [1, 0] and trial.goals_achieved.tolist() == [0, 0]
    for each in (component, other):  # the next one is drawn, and is what it would have been without a person
        each.request_goal()
    np.testing.assert_array_equal(step(component)[0].orientation, step(other)[0].orientation)


def test_another_goal_is_not_drawn_without_a_trial():
    component = generator(auto_start=False)
    step(component)
    component.request_goal()
    assert step(component)[0].goal_id[0] == 0


def test_full_goals_are_uniform_over_the_rotations_outside_the_tolerance():
    component = generator(4000)
    goal, _ = step(component)
    angles = rotations.angle(goal.orientation)
    assert angles.min() >= 0.4
    for limit in (1.0, 2.0, 3.0):  # P(angle < t) = (t - sin t) / pi over SO(3)
        share = (limit - np.sin(limit) - (0.4 - np.sin(0.4))) / (np.pi - (0.4 - np.sin(0.4)))
        assert abs((angles < limit).mean() - share) < 0.03
    axes = goal.orientation[:, :3] / np.linalg.norm(goal.orientation[:, :3], axis=1, keepdims=True)
    assert np.abs((axes * np.sign(goal.orientation[:, 3:])).mean(axis=0)).max() < 0.04


def test_limited_goals_turn_about_any_axis_by_a_bounded_angle(rng):
    component = generator(2000, mode="limited", max_angle_rad=1.2)
    now = rng.normal(size=(2000, 4))
    now /= np.linalg.norm(now, axis=1, keepdims=True)
    goal, _ = step(component, orientation=now)
    angles = rotations.distance(goal.orientation, now)
    assert 0.4 <= angles.min() < 0.41 and 1.19 < angles.max() <= 1.2 + 1e-9
    component.set_max_angle(np.where(np.arange(2000) < 1000, 0.5, 2.0))
    component.request_stop()
    step(component)
    component.request_start()
    goal, _ = step(component, orientation=now)
    angles = rotations.distance(goal.orientation, now)
    assert angles[:1000].max() <= 0.5 + 1e-9 and angles[1000:].max() > 1.9


def test_axis_goals_turn_about_that_axis_both_ways():
    component = generator(200, mode="axis", axis=(0.0, 0.0, 2.0))
    goal, _ = step(component)
    np.testing.assert_allclose(goal.orientation[:, :2], 0.0, atol=1e-12)
    vector = rotations.to_rotation_vector(goal.orientation)[:, 2]
    assert (vector > 0).any() and (vector < 0).any()


def test_reset_goes_back_before_the_first_trial():
    component = generator(2)
    step(component)
    step(component, OFF_PALM)
    step(component)
    component.reset(np.array([True, False]))
    state = component.state
    assert state.status.tolist() == [TrialState.IDLE, TrialState.RUNNING]
    assert state.trial_id.tolist() == [0, 1]


@pytest.mark.parametrize(("name", "faces"), [("block", 6), ("prism", 10)])
def test_face_up_goals_turn_each_face_up_alike_with_any_yaw(name, faces):
    near, _ = step(generator(200, mode="face_up", object=name, min_angle_rad=1.0))
    assert rotations.angle(near.orientation).min() >= 1.0
    goal, _ = step(generator(6000, mode="face_up", object=name, min_angle_rad=0.0))
    normals = np.array([face.normal for face in OBJECTS[name].faces])
    turned = rotations.rotate(goal.orientation[:, None], normals[None])
    up = turned @ np.array([0.0, -1.0, 0.0])  # out of the palm
    np.testing.assert_allclose(up.max(axis=1), 1.0, atol=1e-9)
    assert np.bincount(up.argmax(axis=1)) / 6000 == pytest.approx(np.full(faces, 1 / faces), abs=0.02)
    side = turned[:, -1][up.argmax(axis=1) == 0]  # the last face is at right angles to the first: it points anywhere
    angle = np.arctan2(side[:, 0], side[:, 2])
    counts = np.histogram(angle, 8, (-np.pi, np.pi))[0]
    assert counts / len(angle) == pytest.approx(np.full(8, 1 / 8), abs=0.06)


def test_the_block_s_faces_up_are_its_24_aligned_orientations_with_any_yaw():
    goal, _ = step(generator(2000, mode="face_up"))
    matrix = rotations.to_matrix(goal.orientation)
    heights = np.sort(np.abs(matrix[:, 1]), axis=1)
    np.testing.assert_allclose(heights, np.broadcast_to([0.0, 0.0, 1.0], heights.shape), atol=1e-9)


@pytest.mark.parametrize("mode", ["full", "face_up", "limited", "axis"])
def test_row_of_a_batch_equals_the_row_alone_bit_for_bit(rng, mode):
    seeds = row_seeds(5, 9)
    config = dataclasses.replace(DEFAULT, mode=mode, timeout_s=0.4, min_angle_rad=1.5)
    batch = GoalGenerator(config, seeds)
    singles = [GoalGenerator(config, seeds[b : b + 1]) for b in range(9)]
    orientation = np.tile([0.0, 0.0, 0.0, 1.0], (9, 1))
    for _ in range(40):
        places = np.where(rng.random((9, 1)) < 0.1, OFF_PALM, ON_PALM)
        whole = batch.step({"object_pose": pose(places, orientation)}, DT)
        for b, single in enumerate(singles):
            alone = single.step({"object_pose": pose(places[b], orientation[b])}, DT)
            for port, signal in alone.items():
                for name, value in vars(signal).items():
                    assert getattr(whole[port], name)[b].tobytes() == value[0].tobytes(), (port, name)
        reach = rng.random((9, 1)) < 0.2
        orientation = np.where(reach, whole["goal"].orientation, orientation)
    assert batch.state.trial_id.max() > 2


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        ({"timeout_s": 0.0}, "timeout_s"),
        ({"min_angle_rad": 2.0, "max_angle_rad": 1.0}, "max_angle_rad"),
        ({"axis": (0.0, 0.0, 0.0)}, "axis"),
        ({"restart_delay_s": -1.0}, "restart_delay_s"),
    ],
)
def test_bad_configuration_is_named(change, culprit):
    with pytest.raises(ValueError, match=culprit):
        dataclasses.replace(DEFAULT, **change)
