"""A device's clock from late messages: offset, drift, clocks that are set, long delays."""

from __future__ import annotations

import numpy as np
import pytest

from inhand_drivers.clock import ClockMap


def run(clock: ClockMap, seconds: float, drift: float = 0.0, offset: float = 100.0, start: float = 0.0, seed: int = 0):
    """Feeds 240 messages a second, each late by at least 0.2 ms; returns device times and true host times."""
    draw = np.random.default_rng(seed)
    host = start + np.arange(0.0, seconds, 1 / 240)
    device = (host - offset) / (1.0 + drift)
    for d, h in zip(device, host):
        clock.add(d, h + 2e-4 + draw.exponential(1e-3))
    return device, host


@pytest.mark.parametrize("drift", [0.0, 50e-6, -200e-6])
def test_offset_and_drift_are_found_under_random_delay(drift: float) -> None:
    clock = ClockMap()
    device, host = run(clock, 60.0, drift)
    assert clock.drift == pytest.approx(drift, abs=5e-6)
    late = np.array([clock.to_host(d) for d in device[-2400:]]) - host[-2400:]
    assert (np.abs(late - 2e-4) < 2e-4).all(), "late by the smallest delay, and by no more"
    assert clock.resets == 0


def test_without_the_fit_only_the_offset_follows() -> None:
    clock = ClockMap(window_s=2.0, bin_s=0.1, fit_drift=False)
    device, host = run(clock, 20.0, 100e-6)
    assert clock.drift == 0.0
    assert clock.to_host(device[-1]) == pytest.approx(host[-1], abs=1e-3)


def test_a_clock_that_is_set_back_is_followed_at_once() -> None:
    clock = ClockMap()
    run(clock, 5.0)
    device, host = run(clock, 1.0, offset=105.0, start=5.0)
    assert clock.resets == 1 and clock.to_host(device[-1]) == pytest.approx(host[-1], abs=3e-3)


def test_a_clock_that_is_set_forward_is_followed_at_once() -> None:
    clock = ClockMap()
    run(clock, 5.0)
    device, host = run(clock, 1.0, offset=90.0, start=5.0)
    assert clock.resets == 1 and clock.to_host(device[-1]) == pytest.approx(host[-1], abs=3e-3)


def test_a_clock_that_stood_still_is_followed_within_two_intervals() -> None:
    clock = ClockMap()
    run(clock, 5.0)
    device, host = run(clock, 2.0, offset=103.0, start=8.0)
    assert clock.resets == 1 and clock.to_host(device[-1]) == pytest.approx(host[-1], abs=3e-3)


def test_a_burst_of_late_messages_moves_nothing() -> None:
    clock = ClockMap()
    device, host = run(clock, 10.0)
    before = clock.to_host(device[-1])
    for step in range(240):
        clock.add(device[-1] + step / 240, host[-1] + step / 240 + 0.2)
    assert clock.to_host(device[-1]) == pytest.approx(before, abs=2e-4) and clock.resets == 0
    assert clock.delay(device[-1], host[-1] + 0.2) == pytest.approx(0.2, abs=1e-3)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="bin_s"):
        ClockMap(window_s=1.0, bin_s=2.0)
