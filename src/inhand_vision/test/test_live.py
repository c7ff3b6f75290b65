"""Images that come one by one, late, or not at all: what is estimated, when, with which stamp, and what is said."""

import dataclasses

import numpy as np
import pytest

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_vision.estimator import Estimate
from inhand_vision.images import load_image_config
from inhand_vision.live import LivePoses, PoseEstimatorConfig
from inhand_vision.rectify import make_rectifier
from inhand_vision.weights import VisionMetadata

MS = 1_000_000
K = np.array([[837.0, 0.0, 319.5], [0.0, 837.0, 239.5], [0.0, 0.0, 1.0]])


class Told:
    """An estimator that remembers what it was given; its position is the mean of the images that are there."""

    def __init__(self):
        self.metadata = VisionMetadata("keypoints", "block", load_image_config(), 32)
        self.present, self.reason = [], ""

    def estimate(self, images, matrix, pose, present):
        self.present.append(present[0].tolist())
        self.matrix, self.pose = matrix, pose
        value = images[0][present[0]].mean()
        reason = self.reason or ("" if present.sum() >= 2 else "missing")
        orientation = np.array([[0.0, 0.0, 0.0, 1.0]])
        return Estimate(np.full((1, 3), value), orientation, np.eye(6)[None], np.array([not reason]), (reason,))


def config(**changes):
    values = {**read_yaml(config_file("pose_estimator")), **changes}
    return load_config(PoseEstimatorConfig, values)


@pytest.fixture
def live():
    told = Told()
    found = LivePoses(told, config(max_skew_s=0.01, max_wait_s=0.03, max_age_s=0.1))
    for camera in range(3):
        found.calibrate(camera, K, [], (640, 480))
        found.place(camera, np.eye(4))
    return found, told


def grey(value):
    return np.full((480, 640, 3), value, np.uint8)


def test_three_images_of_an_instant_are_one_estimate(live):
    found, told = live
    for camera, value in enumerate((10, 20, 30)):
        assert not found.complete()
        found.put(camera, grey(value), 100 * MS + camera, 110 * MS)
    assert found.complete()
    pose = found.estimate(130 * MS)
    assert pose.signal.valid.all() and pose.reason == "" and pose.stamp_ns == 100 * MS + 2
    np.testing.assert_allclose(pose.signal.position, 20.0)
    assert not found.complete()
    assert told.present == [[True, True, True]]


def test_a_camera_that_is_late_is_waited_for_and_then_left_out(live):
    found, told = live
    for stamp in (100, 133):
        for camera in range(3):
            if (camera, stamp) != (1, 133):
                found.put(camera, grey(camera), stamp * MS, (stamp + 20 + camera) * MS)
        if found.complete():
            found.estimate((stamp + 23) * MS)
    assert not found.complete() and not found.due(183 * MS)  # the first of the instant came at 153
    assert found.due(184 * MS)
    assert found.estimate(184 * MS).stamp_ns == 133 * MS
    assert told.present[-1] == [True, False, True]  # the old image of camera 1 is not mixed with new ones


def test_silence_is_reported_with_the_last_pose_growing_old(live):
    found, told = live
    for camera in range(3):
        found.put(camera, grey(50), 100 * MS, 100 * MS)
    found.estimate(101 * MS)
    assert not found.due(150 * MS) and found.due(205 * MS)
    pose = found.estimate(300 * MS)
    assert not pose.signal.valid.any() and "stale" in pose.reason
    np.testing.assert_allclose(pose.signal.position, 50.0)
    assert pose.signal.age[0] == pytest.approx(0.2)
    assert len(told.present) == 1
    assert not found.due(350 * MS) and found.due(401 * MS)  # said again only after a while


def test_images_that_are_already_old_are_not_estimated(live):
    found, told = live
    for camera in range(3):
        found.put(camera, grey(50), 100 * MS, 100 * MS)
    assert found.complete()
    assert "stale" in found.estimate(260 * MS).reason
    assert not told.present
    assert not found.complete() and not found.due(300 * MS) and found.due(361 * MS)  # nor complained of at every look


def test_an_estimate_that_is_not_trusted_holds_the_last(live):
    found, told = live
    for stamp, value, reason in ((100, 10, ""), (133, 99, "object not in view"), (166, 30, "")):
        told.reason = reason
        for camera in range(3):
            found.put(camera, grey(value), stamp * MS, stamp * MS)
        pose = found.estimate((stamp + 5) * MS)
        assert pose.reason == reason and bool(pose.signal.valid[0]) == (not reason)
        expected = 10.0 if reason else value
        np.testing.assert_allclose(pose.signal.position, expected)
        assert pose.signal.age[0] == pytest.approx(0.033 if reason else 0.0)


def test_cameras_without_calibration_or_place_are_named():
    found = LivePoses(Told(), config())
    assert "no camera_info" in found.estimate(0).reason and "camera_left" in found.estimate(0).reason
    for camera in range(3):
        found.put(camera, grey(1), 1 * MS, 1 * MS)
        found.calibrate(camera, K, [], (640, 480))
    assert not found.complete()
    assert "no frame of" in found.estimate(2 * MS).reason
    found.calibrate(0, np.zeros((3, 3)), [], (640, 480))
    assert "['camera_top']" in found.estimate(3 * MS).reason


def test_a_time_base_that_starts_anew_is_followed(live):
    found, _ = live
    for stamp in (5_000, 100):
        for camera in range(3):
            found.put(camera, grey(7), stamp * MS, stamp * MS)
        assert found.complete()
        assert found.estimate((stamp + 1) * MS).signal.valid.all()


def test_a_distorted_image_is_straightened():
    distortion = [-0.3, 0.1, 0.0, 0.0, 0.0]
    lines = np.zeros((480, 640, 3), np.uint8)
    lines[:, ::40] = 255
    same = make_rectifier(K, [], (640, 480))(lines)
    assert same is lines
    straight = make_rectifier(K, distortion, (640, 480))(lines)
    assert straight.shape == lines.shape and not np.array_equal(straight, lines)
    middle = np.abs(straight[230:250, 310:330].astype(int) - lines[230:250, 310:330].astype(int))
    assert middle.mean() < 30  # hardly anything moves at the optical axis


def test_bad_values_are_refused():
    with pytest.raises(ConfigError, match="max_skew_s"):
        config(max_skew_s=0.0)
    with pytest.raises(ConfigError, match="min_cameras"):
        dataclasses.replace(config(), min_cameras=4)
