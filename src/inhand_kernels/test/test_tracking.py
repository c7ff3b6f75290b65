"""The binding's own checks; what the numbers are is tested where they are used, in inhand_policy."""

import numpy as np
import pytest

from inhand_kernels import Tracker, register_rows

POINTS = np.array([[0, 0, 0], [0.02, 0, 0], [0, 0.03, 0]], float)
SUBSETS = np.arange(8) == 7


def make_tracker(**changes):
    tables = {
        "markers": 11,
        "first_tip": 0,
        "hand_first": 5,
        "hand_positions": POINTS,
        "hand_subsets": SUBSETS,
        "object_first": 8,
        "object_positions": POINTS,
        "object_subsets": SUBSETS,
        "max_residual": 0.01,
    }
    return Tracker(**{**tables, **changes})


def arguments(batch):
    """Arguments of a step: markers, dt, state."""

    def body():
        return [np.zeros((batch, 3)), np.eye(4)[[3] * batch], *np.zeros((2, batch), bool), np.zeros(batch)]

    flags = (np.zeros((batch, 5), bool), np.zeros((batch, 5), bool))
    tips = [np.zeros((batch, 5, 3)), *flags, np.zeros((batch, 5))]
    return [np.zeros((batch, 11, 3)), np.ones((batch, 11)), 0.01, *body(), *body(), *tips]


def test_a_step_writes_into_the_arrays_that_it_is_given():
    given = arguments(2)
    given[0][:, 5:8] = given[0][:, 8:11] = POINTS
    make_tracker().step(*given)
    hand_valid, object_valid, tip_valid = given[5], given[10], given[14]
    assert hand_valid.all() and object_valid.all() and tip_valid.all()


@pytest.mark.parametrize(
    ("index", "name"),
    [(0, "markers.position"), (1, "markers.condition"), (3, "hand"), (9, "object"), (13, "tips"), (16, "tip_age")],
)
def test_rows_that_do_not_fit_are_named(index, name):
    given = arguments(2)
    given[index] = given[index][:, :-1].copy() if index < 2 else given[index][:-1].copy()
    with pytest.raises(ValueError, match=name):
        make_tracker().step(*given)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"markers": 10}, "object"),
        ({"first_tip": 7}, "fingertips"),
        ({"hand_subsets": SUBSETS[:4].copy()}, "hand"),
        ({"object_positions": np.zeros((0, 3))}, "object"),
    ],
)
def test_tables_that_do_not_fit_are_named(change, name):
    with pytest.raises(ValueError, match=name):
        make_tracker(**change)


def test_registration_names_what_does_not_fit():
    with pytest.raises(ValueError, match="weight"):
        register_rows(POINTS, POINTS[None], np.ones((1, 4)), np.empty((1, 4)), np.empty((1, 3)), np.empty(1))
