"""What `inhand bench drivers` rests on: frames found again by what they show, its table, its parser figure."""

from __future__ import annotations

import numpy as np
import pytest

from inhand_bench.drivers.commands import DEVICES, drivers, quantiles
from inhand_bench.drivers.pairing import match


def moving(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Times and three markers on a circle, 240 frames a second."""
    times = np.arange(count) / 240
    places = [0.1 * np.array([[np.sin(9 * t + i), np.cos(9 * t + i), 0.0] for i in range(3)]) for t in times]
    return times, np.array(places)


@pytest.mark.parametrize("late", [-0.01, 0.0, 0.006])
def test_frames_are_found_again_whatever_their_stamps(late: float) -> None:
    times, places = moving(500)
    pairs = match((times, places), (times[100:400:2] + late, places[100:400:2] + 1e-8))
    assert len(pairs) > 100 and all(i == 100 + 2 * j for i, j in pairs)


def test_frames_of_a_scene_that_stands_still_are_left_out() -> None:
    times, places = moving(500)
    places[200:300] = places[200]
    pairs = match((times, places), (times, places))
    assert not any(201 < i < 299 for i, _ in pairs) and len(pairs) > 300
    with pytest.raises(RuntimeError, match="means nothing"):
        match((times, places[:1].repeat(500, 0)), (times, places[:1].repeat(500, 0)))


def test_streams_that_show_different_things_are_not_compared() -> None:
    times, places = moving(500)
    with pytest.raises(RuntimeError, match="like none"):
        match((times, places), (times, places + 1e-3))


def test_quantiles_are_those_of_the_values() -> None:
    assert quantiles([float(v) for v in range(101)]) == "50.00 / 99.00 ms"


def test_an_unknown_device_is_named() -> None:
    with pytest.raises(ValueError, match=r"\['gripper'\].*phasespace"):
        drivers(devices=("gripper",))
    assert "phasespace" in DEVICES
