"""Percentiles of a pose estimator's delays."""

from __future__ import annotations

import pytest

from inhand_vision.delays import WINDOW, Delays


def test_the_newest_poses_count():
    delays = Delays()
    assert not dict(delays.percentiles())
    for _ in range(WINDOW):
        delays.add(10**9, 9.0)
    for k in range(WINDOW):
        delays.add((k + 1) * 1_000_000, 0.001)
    found = dict(delays.percentiles())
    assert found["image to pose [ms] p50"] == pytest.approx((WINDOW + 1) / 2)
    assert found["computation [ms] p99"] == pytest.approx(1.0)
