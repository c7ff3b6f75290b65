"""Codes that messages carry through a driver, and the latencies that come of them."""

import numpy as np
import pytest

from inhand_bench.drivers.codes import Heard, latencies, sensor_code, torque_code
from inhand_drivers.hand.layout import DEMAND_MAX


def heard(code: int, written_ms: float, read_ms: float, value: float | None = None) -> Heard:
    """A message that says its code, or `value`."""
    said = np.array([float(code if value is None else value)])
    return Heard(code, said, round(written_ms * 1e6), round(read_ms * 1e6))


def test_latencies_pair_what_was_sampled_and_leave_out_what_was_overwritten() -> None:
    sent = [heard(1, 0.0, 0.5), heard(2, 5.0, 5.5), heard(3, 10.0, 10.5), heard(1, 1000.0, 1000.5)]
    arrived = [heard(0, 0.0, 1.0), heard(1, 0.0, 3.0), heard(1, 0.0, 4.0), heard(3, 0.0, 14.0), heard(1, 0.0, 1002.0)]
    direct, driven = latencies(sent, arrived, np.zeros(1))
    np.testing.assert_allclose(direct, 0.5)
    np.testing.assert_allclose(driven, [3.0, 4.0, 2.0])


def test_latencies_of_different_messages_are_refused() -> None:
    with pytest.raises(RuntimeError, match="mean nothing"):
        latencies([heard(1, 0.0, 0.5)], [heard(1, 0.0, 1.0, value=1.2)], np.full(1, 0.1))


def test_codes_come_back_from_what_carries_them() -> None:
    scale = np.array([4.785, 1.0])
    assert [torque_code(scale * code / DEMAND_MAX, scale) for code in (0, 1, 500, 999)] == [0, 1, 500, 999]
    assert sensor_code(np.array([1234.0, 5.0])) == 1234
