"""The exercise: every finger in turn reaches its stops and oscillates, the others rest; rows are independent."""

from __future__ import annotations

import numpy as np
import pytest
from hands import SHORT, short_run

from inhand_calibration.exercise import GROUPS, Exercise, ExerciseConfig
from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_core.signals import JointStates
from inhand_description import JOINT_INDEX, JOINTS, actuator_ranges

STEP = 0.08


def make(batch: int = 1, **changes) -> Exercise:
    raw = {**read_yaml(config_file("exercise")), **changes}
    return Exercise(load_config(ExerciseConfig, raw, "exercise"), row_seeds(0, batch))


def joints(angle: float | np.ndarray = 0.0, speed: float | np.ndarray = 0.0, batch: int = 1) -> JointStates:
    full = [np.broadcast_to(np.reshape(v, (-1, 1)), (batch, 24)).astype(float) for v in (angle, speed)]
    return JointStates(full[0], full[1], np.zeros((batch, 24)))


def run(component: Exercise, state: JointStates, steps: int) -> np.ndarray:
    return np.stack([component.step({"joint_states": state}, STEP)["action"].action for _ in range(steps)])


def test_every_motor_belongs_to_one_group() -> None:
    assert sorted(np.concatenate(list(GROUPS.values())).tolist()) == list(range(20))


def test_a_finger_is_pushed_inward_then_outward_until_it_stands_still() -> None:
    component = make(groups=["mf"])
    actions = run(component, joints(0.3, 0.0), 60)[:, 0]
    mine, others = GROUPS["mf"], np.setdiff1d(np.arange(20), GROUPS["mf"])
    settle, push = round(1.0 / STEP), round(0.6 / STEP) + 1
    assert (actions[settle + 1 : settle + push - 1, mine] == 1.0).all()
    assert (actions[settle + push + 1 : settle + 2 * push - 1, mine] == -1.0).all()
    assert (actions[:, others] == actions[0, others]).all()


def test_a_moving_finger_is_pushed_until_the_time_is_over() -> None:
    actions = run(make(groups=["mf"]), joints(0.3, 1.0), round((1.0 + 2 * 4.0) / STEP))[:, 0, GROUPS["mf"][1]]
    assert abs((actions == 1.0).sum() - 4.0 / STEP) <= 1
    assert abs((actions == -1.0).sum() - 4.0 / STEP) <= 1


def test_at_rest_an_action_leads_to_the_rest_angle() -> None:
    """Relative action times half of the range is the way to rest."""
    component = make()
    action = run(component, joints(0.2), 1)[0, 0]
    low, high = actuator_ranges().T
    single = GROUPS["mf"][1]
    target = 0.2 + action[single] * 0.5 * (high - low)[single]
    assert target == pytest.approx(0.05 * (high - low)[single])


def test_it_ends_and_says_so() -> None:
    component = make(**{**SHORT, "groups": ["ff", "wr"]})
    said = set()
    for _ in range(400):
        component.step({"joint_states": joints(0.1)}, STEP)
        said.add(component.progress())
        if component.done.all():
            break
    assert component.done.all() and "done" in said
    assert {f"{g} {what}" for g in ("ff", "wr") for what in ("is pushed inward", "oscillates")} <= said
    rest = run(component, joints(0.1), 2)
    assert (rest[0] == rest[1]).all()
    component.reset(np.ones(1, bool))
    assert component.progress() == "ff settles"


def test_rows_are_independent() -> None:
    rng = np.random.default_rng(0)
    angle, speed = rng.uniform(0, 1, 3), np.array([0.0, 1.0, 0.0])
    batch, alone = make(3), [make() for _ in range(3)]
    for _ in range(100):
        together = batch.step({"joint_states": joints(angle, speed, 3)}, STEP)["action"].action
        for row, component in enumerate(alone):
            own = component.step({"joint_states": joints(angle[row], speed[row])}, STEP)["action"].action
            np.testing.assert_array_equal(together[row], own[0])


def test_without_joint_angles_it_says_nothing() -> None:
    assert make().step({}, STEP) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": ["ff", "xx"]}, r"unknown \['xx'\]; known"),
        ({"groups": []}, "at most once and one at least"),
        ({"drive": 1.5}, "drive"),
        ({"amplitude": 0.6}, "amplitude"),
        ({"oscillate_s": 0.0}, "oscillate_s"),
    ],
)
def test_bad_configurations_are_refused(change: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make(**change)


def test_on_the_simulated_hand_it_takes_the_finger_through_its_range() -> None:
    run = short_run()
    for name in ("rh_FFJ3", "rh_FFJ2", "rh_FFJ1"):
        row, angles = JOINTS[JOINT_INDEX[name]], run.angles[:, JOINT_INDEX[name]]
        assert angles.min() < row.lower + 0.1 and angles.max() > row.upper - 0.1, name
    still = run.angles[:, JOINT_INDEX["rh_RFJ3"]]
    assert np.ptp(still[len(still) // 4 :]) < 0.2
    recording = run.recording
    assert len(recording.sensor_time) == len(run.angles)
    np.testing.assert_allclose(np.diff(recording.sensor_time), 0.005, atol=1e-9)
    np.testing.assert_allclose(np.diff(recording.action_time), STEP, atol=1e-9)
    assert recording.position.shape[1:] == (17, 3)
