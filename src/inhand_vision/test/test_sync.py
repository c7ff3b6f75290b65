"""What belongs together: never from further in the future than the bound, never stale, exact between two poses."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from inhand_core.config import ConfigError
from inhand_vision.datasets.sync import PoseTrack, SyncConfig, as_of, label, missing_frames, slerp, trial_at

MS = 1_000_000


def track(stamps_ms, usable=None, segment=None, rng=None):
    count = len(stamps_ms)
    rng = rng or np.random.default_rng(0)
    return PoseTrack(
        np.array(stamps_ms) * MS,
        rng.normal(size=(count, 3)),
        Rotation.random(count, rng).as_quat(),
        np.ones(count, bool) if usable is None else np.array(usable),
        np.zeros(count, int) if segment is None else np.array(segment),
    )


def test_images_are_as_of_the_reference_within_both_bounds():
    config = SyncConfig(max_skew_s=0.005, max_image_age_s=0.020)
    reference = np.array([100, 133, 166, 200, 233]) * MS
    camera = np.array([101, 130, 172, 179]) * MS
    # 101: 1 ms later, allowed; 130: 3 ms old; 130: 36 ms old, 172 is 6 ms late: stale; 179: 21 ms old: stale
    assert as_of(reference, camera, config).tolist() == [0, 1, -1, -1, -1]
    assert as_of(reference, camera[:0], config).tolist() == [-1] * 5


@pytest.mark.parametrize("seed", range(5))
def test_no_image_is_from_the_future_or_old(seed):
    rng = np.random.default_rng(seed)
    config = SyncConfig(max_skew_s=0.004, max_image_age_s=0.015)
    reference, camera = (np.sort(rng.integers(0, 3000 * MS, 200)) for _ in range(2))
    index = as_of(reference, camera, config)
    age = (reference - camera[index])[index >= 0]
    assert (index >= 0).any() and (index < 0).any()
    assert age.min() >= -4 * MS and age.max() <= 15 * MS
    for i, j in zip(reference, index, strict=True):
        possible = camera[(camera <= i + 4 * MS) & (camera >= i - 15 * MS)]
        assert (j == -1) == (len(possible) == 0)
        assert j == -1 or camera[j] == possible.max()


def test_labels_lie_between_their_neighbours():
    poses = track([0, 10, 20, 30])
    at = np.array([2, 10, 17, 29]) * MS
    position, orientation, found = label(poses, at, SyncConfig())
    assert found.all()
    expected = [np.interp(at, poses.stamp_ns, poses.position[:, axis]) for axis in range(3)]
    np.testing.assert_allclose(position.T, expected, atol=1e-12)
    turns = Slerp(poses.stamp_ns, Rotation.from_quat(poses.orientation))(at)
    assert (turns.inv() * Rotation.from_quat(orientation)).magnitude().max() < 1e-9


def test_labels_never_come_from_behind_the_bound():
    poses = track([0, 10, 60, 70, 80], usable=[1, 1, 1, 0, 1], segment=[0, 0, 0, 0, 0])
    config = SyncConfig(max_future_s=0.020, max_label_age_s=0.004)
    at = np.array([-1, 5, 12, 20, 45, 62, 66, 75, 80, 83, 90]) * MS
    #              before the first, between, held 2 ms, too old, next 15 ms away but last 35 ms ago,
    #              held 2 ms (next unusable), too old, previous unusable, exact, held 3 ms, too old
    _, _, found = label(poses, at, config)
    assert found.tolist() == [False, True, True, False, False, True, False, False, True, True, False]


def test_nothing_is_interpolated_across_a_reset():
    poses = track([0, 10, 20], segment=[0, 0, 1])
    _, _, found = label(poses, np.array([5, 12, 15, 20]) * MS, SyncConfig(max_label_age_s=0.004))
    assert found.tolist() == [True, False, False, True]


def test_slerp_takes_the_shorter_way_at_constant_speed():
    rng = np.random.default_rng(3)
    start, end = Rotation.random(50, rng), Rotation.random(50, rng)
    for share in (0.0, 0.25, 1.0):
        got = Rotation.from_quat(slerp(start.as_quat(), -end.as_quat(), np.full(50, share)))
        whole = (end * start.inv()).magnitude()
        np.testing.assert_allclose((got * start.inv()).magnitude(), share * whole, atol=1e-9)


def test_missing_frames_and_trials():
    assert missing_frames(np.array([0, 33, 66, 133, 166, 300]) * MS) == 1 + 3
    assert missing_frames(np.array([0, 33])) == 0
    stamps, ids = np.array([10, 20, 30]), np.array([0, -1, 1])
    assert trial_at(stamps, ids, np.array([5, 10, 19, 25, 40])).tolist() == [-1, 0, 0, -1, 1]
    assert trial_at(stamps[:0], ids[:0], np.array([5])).tolist() == [0]


def test_bad_bounds_are_refused():
    with pytest.raises(ConfigError, match="max_future_s"):
        SyncConfig(max_future_s=-0.1)
