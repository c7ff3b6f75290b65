"""Absolute joint targets become actions: interpolated, limited in speed and range, over in time."""

import numpy as np
import pytest

from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_description import ACTUATOR_NAMES, ACTUATORS, actuator_ranges
from inhand_policy.inlet import InletConfig, JointInlet, TargetError

REST = np.zeros(20)
J3, J0 = ACTUATOR_NAMES.index("rh_FFJ3"), ACTUATOR_NAMES.index("rh_FFJ0")
HALF = 0.5 * np.ptp(actuator_ranges(), axis=1)


@pytest.fixture
def inlet():
    """With the project's settings."""
    return JointInlet(load_config(InletConfig, read_yaml(config_file("inlet")), "inlet"))


def follow(inlet, until, angles=REST, begin=0.0):
    """The targets [rad] that actions ask for, of a hand that follows at once."""
    found, angles, now = [], np.array(angles, float), begin
    while now <= until and (action := inlet.action(now, angles)) is not None:
        angles = angles + action * HALF
        found.append((now, angles.copy()))
        now += inlet.config.period_s
    return found


def test_a_trajectory_is_interpolated_from_where_the_hand_is(inlet):
    inlet.take_trajectory(["rh_FFJ3"], [1.0, 2.0], [[0.5], [1.0]], 10.0, 10.0, REST)
    for now, angles in follow(inlet, 11.9, begin=10.08):
        assert angles[J3] == pytest.approx(0.5 * (now - 10.0), abs=0.05)
        assert np.delete(angles, J3) == pytest.approx(0.0)


def test_it_ends_a_moment_after_its_last_point(inlet):
    inlet.take_trajectory(["rh_FFJ3"], [0.2], [[0.2]], 0.0, 0.0, REST)
    times = [now for now, _ in follow(inlet, 10.0)]
    assert 0.2 + inlet.config.settle_s - 0.09 < times[-1] <= 0.2 + inlet.config.settle_s + 1e-9
    assert inlet.path is None


def test_targets_move_no_faster_than_is_allowed(inlet):
    inlet.take_targets(np.where(np.arange(20) == J3, 1.5, 0.0), 0.0, REST)
    angles = np.array([angles[J3] for _, angles in follow(inlet, 0.5)])
    assert np.diff(angles, prepend=0.0).max() <= inlet.config.max_speed * inlet.config.period_s + 1e-9


def test_a_set_of_targets_is_forgotten_without_another_one(inlet):
    inlet.take_targets(REST, 0.0, REST)
    assert inlet.action(inlet.config.target_timeout_s, REST) is not None
    assert inlet.action(inlet.config.target_timeout_s + 0.01, REST) is None


def test_a_pair_is_its_sum(inlet):
    inlet.take_trajectory(["rh_FFJ1", "rh_FFJ2"], [0.0], [[0.1, 0.2]], 0.0, 0.0, REST)
    assert inlet.path.at(0.0)[J0] == pytest.approx(0.3)
    inlet.take_trajectory(["rh_FFJ0"], [0.0], [[0.4]], 0.0, 0.0, REST)
    assert inlet.path.at(0.0)[J0] == pytest.approx(0.4)


def test_nothing_is_followed_after_a_trajectory_without_points(inlet):
    inlet.take_targets(REST, 0.0, REST)
    inlet.take_trajectory([], [], [], 0.0, 0.0, REST)
    assert inlet.action(0.0, REST) is None


WRONG = [
    (["rh_XXJ3"], [0.0], [[0.1]], 0.0, "unknown joints .'rh_XXJ3'"),
    (["rh_FFJ1"], [0.0], [[0.1]], 0.0, "rh_FFJ1 and rh_FFJ2 are driven together"),
    (["rh_FFJ0", "rh_FFJ1", "rh_FFJ2"], [0.0], [[0.1, 0.1, 0.1]], 0.0, "are driven together"),
    (["rh_FFJ3", "rh_FFJ3"], [0.0], [[0.1, 0.2]], 0.0, "named twice"),
    (["rh_FFJ3"], [0.0], [[9.0]], 0.0, "rh_FFJ3: 9 rad is out of"),
    (["rh_FFJ3"], [0.0], [[float("nan")]], 0.0, "not finite"),
    (["rh_FFJ3"], [float("inf")], [[0.1]], 0.0, "not finite"),
    (["rh_FFJ3"], [0.0], [[]], 0.0, "1 joints, but 0 positions"),
    (["rh_FFJ3"], [1.0, 1.0], [[0.1], [0.2]], 0.0, "must rise"),
    (["rh_FFJ3"], [-1.0], [[0.1]], 0.0, "must rise from 0 s on"),
    (["rh_FFJ3"], [0.0], [[0.1]], -1.0, "stale: it should have begun 1.00 s ago"),
]


@pytest.mark.parametrize(("names", "times", "rows", "start", "message"), WRONG)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(inlet, names, times, rows, start, message):
    inlet.take_targets(REST, 0.0, REST)
    before = inlet.path
    with pytest.raises(TargetError, match=message):
        inlet.take_trajectory(names, times, rows, start, 0.0, REST)
    assert inlet.path is before


def test_a_set_of_another_size_is_refused(inlet):
    with pytest.raises(TargetError, match="19 values, expected 20"):
        inlet.take_targets(REST[:19], 0.0, REST)


def test_ranges_are_the_controllers(inlet):
    for index, row in enumerate(ACTUATORS):
        inlet.take_targets(np.where(np.arange(20) == index, row.target_upper, 0.0), 0.0, REST)
        with pytest.raises(TargetError, match=row.name):
            inlet.take_targets(np.where(np.arange(20) == index, row.target_upper + 0.01, 0.0), 0.0, REST)
