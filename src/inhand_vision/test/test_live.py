"""Images that come one by one, late, or not at all: what is estimated, when, with which stamp, and what is said."""

import dataclasses
import re
from types import SimpleNamespace

import numpy as np
import pytest

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_vision.estimator import Estimate
from inhand_vision.images import load_image_config
from inhand_vision.live import LivePoses, PoseEstimatorConfig
from inhand_vision.weights import VisionMetadata

MS = 1_000_000
K = [837.0, 0.0, 319.5, 0.0, 837.0, 239.5, 0.0, 0.0, 1.0]


class Region:
    def __init__(self, x_offset=0, y_offset=0, width=0, height=0):
        self.x_offset, self.y_offset, self.width, self.height = x_offset, y_offset, width, height


def info(**changes):
    """A camera_info."""
    fields = {"width": 640, "height": 480, "k": K, "d": [], "distortion_model": "plumb_bob"}
    fields |= {"roi": Region(), "binning_x": 0, "binning_y": 0}
    return SimpleNamespace(**{**fields, **changes})


def image(pixels, **changes):
    """An image message."""
    height, width = pixels.shape[:2]
    fields = {"width": width, "height": height, "encoding": "rgb8", "step": 3 * width, "is_bigendian": 0}
    return SimpleNamespace(**{**fields, "data": pixels.tobytes(), **changes})


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
        found.calibrate(camera, info())
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
        found.calibrate(camera, info())
    assert not found.complete()
    assert "no frame of" in found.estimate(2 * MS).reason
    found.calibrate(0, info(k=[0.0] * 9))
    assert "['camera_top']" in found.estimate(3 * MS).reason


def test_a_time_base_that_starts_anew_is_followed(live):
    found, _ = live
    for stamp in (5_000, 100):
        for camera in range(3):
            found.put(camera, grey(7), stamp * MS, stamp * MS)
        assert found.complete()
        assert found.estimate((stamp + 1) * MS).signal.valid.all()


def test_one_bad_message_ends_nothing_and_is_named(live):
    found, _ = live
    bad = [
        ({"encoding": "16UC1"}, "'16UC1' is not one of"),
        ({"encoding": "nv12"}, "'nv12'"),
        ({"data": b""}, "no data"),
        ({"step": 5}, "step 5"),
        ({"width": 320}, "bytes of data|320 x 480"),
    ]
    for number, (change, words) in enumerate(bad, 1):
        found.take(0, image(grey(10), **change), 100 * MS, 110 * MS)
        assert re.search(f"camera_top: image: .*({words})", "; ".join(found.problems())), found.problems()
        assert found.refused["camera_top", "image"] == number
    for camera, value in enumerate((10, 20, 30)):
        found.take(camera, image(grey(value)), 100 * MS, 110 * MS)
    assert found.estimate(130 * MS).reason == "" and not found.problems()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": [-800.0, 0, 320, 0, 800, 240, 0, 0, 1]}, "focal"),
        ({"k": [float("nan")] * 9}, "finite"),
        ({"d": [0.1] * 6}, "found 6"),
        ({"distortion_model": "thin_prism"}, "'thin_prism'"),
        ({"width": 320, "height": 240}, "smaller than the crop"),
        ({"roi": Region(600, 0, 400, 400)}, "region of interest"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_named_until_a_good_one_comes(live, change, words):
    found, told = live
    for _ in range(3):
        found.calibrate(1, info(**change))
    assert found.refused["camera_left", "camera_info"] == 1  # what stays the same is said once
    for camera in range(3):
        found.take(camera, image(grey(10)), 100 * MS, 110 * MS)
    assert not found.complete()
    assert re.search(words, "; ".join(found.problems()))
    assert re.search(f"camera_left: camera_info: .*{words}", found.estimate(1000 * MS).reason)
    found.calibrate(1, info())
    for camera in range(3):
        found.take(camera, image(grey(10)), 2000 * MS, 2001 * MS)
    assert found.estimate(2001 * MS).reason == "" and not found.problems()
    assert told.present[-1] == [True, True, True]


def test_an_image_of_another_size_than_its_calibration_says_is_refused(live):
    found, _ = live
    found.calibrate(0, info(roi=Region(120, 0, 480, 480)))
    found.take(0, image(grey(5)), 100 * MS, 100 * MS)
    assert "640 x 480 px, but camera_info says 480 x 480" in found.problems()[0]
    found.take(0, image(grey(5)[:, 120:600]), 100 * MS, 100 * MS)
    assert not found.problems()


def test_an_estimator_that_fails_numerically_holds_the_last_pose(live):
    found, told = live

    def fail(*_):
        raise np.linalg.LinAlgError("singular")

    for camera in range(3):
        found.take(camera, image(grey(10)), 100 * MS, 110 * MS)
    told.estimate = fail
    pose = found.estimate(130 * MS)
    assert not pose.signal.valid.any() and "singular" in pose.reason


def test_bad_values_are_refused():
    with pytest.raises(ConfigError, match="max_skew_s"):
        config(max_skew_s=0.0)
    with pytest.raises(ConfigError, match="min_cameras"):
        dataclasses.replace(config(), min_cameras=4)
