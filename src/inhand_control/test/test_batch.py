"""The binding: pure functions, batches, masks, errors."""

import threading
import time

import hand
import numpy as np
import pytest

import inhand_control as ic

MS = 1_000_000


@pytest.fixture(scope="module")
def model() -> ic.HandModel:
    return hand.model()


def test_calibrate_inverts_uncalibrate(model):
    angles = np.random.default_rng(0).uniform(-1, 1, (50, 24))
    np.testing.assert_allclose(ic.calibrate(model, ic.uncalibrate(model, angles)), angles, atol=1e-12)


def test_calibrate_averages_the_doubled_channels(model):
    hall = np.full((1, 26), 2000.0)
    hall[0, 1:3] = 1900.0, 2300.0  # the two of rh_WRJ1, a falling joint: mean 2100 counts
    expected = np.zeros(24)
    expected[1] = -0.1
    np.testing.assert_allclose(ic.calibrate(model, hall)[0], expected, atol=1e-12)


def test_relative_target_follows_its_equation(model):
    rng = np.random.default_rng(1)
    action, joints = rng.uniform(-1, 1, (40, 20)), rng.uniform(-0.5, 1, (40, 24))
    low, high = np.array(model.lower), np.array(model.upper)
    moved = ic.actuator_position(model, joints) + action * (high - low) / 2
    limited = np.clip(moved, model.target_lower, model.target_upper)
    np.testing.assert_allclose(ic.relative_target(model, action, joints), limited, atol=1e-15)
    to_stops = ic.relative_target(model, action, joints, lower=low, upper=high)
    np.testing.assert_allclose(to_stops, np.clip(moved, low, high), atol=1e-15)
    assert (limited != to_stops).any()


def test_relative_target_takes_limits_of_each_row(model):
    joints, action = np.zeros((2, 24)), np.ones((2, 20))
    upper = np.stack([np.full(20, 0.2), np.full(20, 0.4)])
    targets = ic.relative_target(model, action, joints, lower=np.full(20, -1.0), upper=upper)
    np.testing.assert_array_equal(targets, upper)


def test_actuator_position_sums_coupled_joints(model):
    joints = np.arange(24.0)[None]
    position = ic.actuator_position(model, joints)[0]
    names = hand.tables()["actuator_names"]
    assert position[names.index("rh_FFJ0")] == hand.JOINTS.index("rh_FFJ1") + hand.JOINTS.index("rh_FFJ2")
    assert position[names.index("rh_THJ1")] == 23


def _run(batch: ic.BatchController, hall: np.ndarray, actions: np.ndarray) -> list[np.ndarray]:
    batch.enable()
    out = []
    for k in range(len(hall)):
        now = k * 5 * MS
        batch.offer_sensors(now, now, k, hall[k])
        if k % 4 == 0:
            batch.offer_action(now, k // 4, actions[k // 4])
        batch.step(now)
        out.append(np.concatenate([batch.torque, batch.position, batch.velocity, batch.effort, batch.target], axis=1))
    return out


def test_a_row_of_a_batch_equals_the_single_run_bit_for_bit():
    rng = np.random.default_rng(2)
    hall = 2000 + np.cumsum(rng.normal(0, 5, (40, 64, 26)), axis=0)
    actions = rng.uniform(-1, 1, (10, 64, 20))
    settings = {"velocity_filter_s": 0.01, "soft_start_s": 0.05, "torque_slew": 100.0}
    together = _run(hand.batch(64, **settings), hall, actions)
    for row in (0, 17, 63):
        alone = _run(hand.batch(1, **settings), hall[:, row : row + 1], actions[:, row : row + 1])
        for k in range(40):
            np.testing.assert_array_equal(together[k][row], alone[k][0])


def test_masks_leave_other_rows_alone():
    batch = hand.batch(3)
    first = np.array([True, False, False])
    batch.enable(first)
    batch.offer_sensors(0, 0, 0, np.full((3, 26), 2000.0))
    batch.offer_action(0, 0, np.full((3, 20), 0.1))
    batch.step(0)
    assert batch.mode.tolist() == [ic.Mode.RUNNING, ic.Mode.DISABLED, ic.Mode.DISABLED]
    assert (batch.torque[0] > 0).all()
    assert not batch.torque[1:].any()
    batch.reset(first)
    assert batch.counters()["cycles"].tolist() == [0, 1, 1]
    assert not batch.torque.any()


def test_rows_may_have_their_own_times():
    batch = hand.batch(2)
    batch.enable()
    times = np.array([0, 100 * MS])
    batch.offer_sensors(times, times, np.array([5, 9]), np.full((2, 26), 2000.0))
    batch.step(times + np.array([0, 25 * MS]))
    assert batch.mode.tolist() == [ic.Mode.HOLD, ic.Mode.ZERO_TORQUE]


def test_state_can_be_saved_and_put_back():
    batch = hand.batch(2)
    hall = np.full((2, 26), 2000.0)
    batch.enable()
    batch.offer_sensors(0, 0, 0, hall)
    batch.step(0)
    saved, torque = batch.get_state(), batch.torque.copy()
    batch.offer_action(5 * MS, 0, np.ones((2, 20)))
    batch.step(5 * MS)
    assert not np.array_equal(batch.torque, torque)
    batch.set_state(saved)
    np.testing.assert_array_equal(batch.torque, torque)
    assert batch.counters()["actions_accepted"].tolist() == [0, 0]


def test_wrong_width_is_refused_and_counted_and_wrong_batch_is_an_error(model):
    batch = hand.batch(2)
    batch.offer_sensors(0, 0, 0, np.zeros((2, 25)))
    batch.offer_action(0, 0, np.zeros((2, 21)))
    assert batch.counters()["sensors_refused_size"].tolist() == [1, 1]
    assert batch.counters()["actions_refused_size"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="hall: 3 rows; the batch has 2"):
        batch.offer_sensors(0, 0, 0, np.zeros((3, 26)))
    with pytest.raises(ValueError, match="mask: 3 rows"):
        batch.enable(np.ones(3, bool))
    with pytest.raises(ValueError, match="rows of 25 values; 26 are needed"):
        ic.calibrate(model, np.zeros((2, 25)))
    with pytest.raises(ValueError, match="batch must be 1 or more"):
        hand.batch(0)


def test_other_threads_run_while_a_batch_steps():
    batch = hand.batch(20_000)
    ticks = []
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(time.monotonic_ns())
            time.sleep(0)

    thread = threading.Thread(target=tick)
    thread.start()
    before = time.monotonic_ns()
    for k in range(5):
        batch.step(k)
    after = time.monotonic_ns()
    done.set()
    thread.join()
    assert sum(before < t < after for t in ticks) > 200
