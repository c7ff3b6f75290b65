"""Seen, held, lost."""

from __future__ import annotations

import numpy as np

from inhand_viz.marker_status import COLORS, MarkerAges, Seen, by_age, colors


def test_a_marker_is_held_until_it_has_been_away_too_long() -> None:
    ages = MarkerAges(lost_after_s=1.0)
    assert ages.update(np.array([1.0, 1.0]), 10.0).tolist() == [Seen.SEEN, Seen.SEEN]
    assert ages.update(np.array([1.0, 0.0]), 10.9).tolist() == [Seen.SEEN, Seen.HELD]
    assert ages.update(np.array([-1.0, 0.0]), 11.1).tolist() == [Seen.HELD, Seen.LOST]
    assert ages.update(np.array([2.0, 3.0]), 12.0).tolist() == [Seen.SEEN, Seen.SEEN]


def test_a_marker_never_seen_is_lost_and_time_going_back_forgets() -> None:
    ages = MarkerAges(lost_after_s=1.0)
    assert ages.update(np.array([0.0]), 5.0).tolist() == [Seen.LOST]
    ages.update(np.array([1.0]), 6.0)
    assert ages.update(np.array([0.0]), 2.0).tolist() == [Seen.LOST]


def test_ages_given_by_the_tracker_mean_the_same() -> None:
    status = by_age(np.array([True, False, False]), np.array([0.0, 0.5, 1.5]), lost_after_s=1.0)
    assert status.tolist() == [Seen.SEEN, Seen.HELD, Seen.LOST]


def test_each_state_has_its_colour() -> None:
    table = colors(np.array([Seen.LOST, Seen.SEEN]))
    assert table.tolist() == [list(COLORS[Seen.LOST]), list(COLORS[Seen.SEEN])]
    assert len(set(COLORS.values())) == len(Seen)
