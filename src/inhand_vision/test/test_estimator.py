"""Estimators: exact on true heat maps, honest about what they cannot see, the same from file and from memory."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import nn

import inhand_vision.estimator as estimator_module
from inhand_core.config import ConfigError
from inhand_description.cameras import nominal_info, nominal_pose
from inhand_description.objects import OBJECTS
from inhand_description.scene import CAMERAS, START
from inhand_vision.estimator import KeypointEstimator, RegressionEstimator, TrustConfig, compiled, load_estimator
from inhand_vision.geometry import corners_at, project
from inhand_vision.images import input_matrix, load_image_config
from inhand_vision.keypoints import KeypointNetwork, targets
from inhand_vision.network import RegressionNetwork
from inhand_vision.rig import base_pose
from inhand_vision.weights import VisionMetadata, VisionWeightsError, load_vision, save_vision

IMAGES = load_image_config()
BOTH = pytest.mark.parametrize("kind", ["regression", "keypoints"])


def metadata(kind):
    return VisionMetadata(kind, "block", IMAGES, 32 if kind == "keypoints" else 0, training={"random": True})


def network(kind):
    torch.manual_seed(0)
    return RegressionNetwork() if kind == "regression" else KeypointNetwork()


@pytest.fixture(scope="module")
def cameras():
    matrix = np.stack([input_matrix(nominal_info(row).matrix, row.resolution, IMAGES) for row in CAMERAS])
    pose = np.stack([np.linalg.inv(base_pose()) @ nominal_pose(row).matrix for row in CAMERAS])
    return matrix[None], pose[None]


class Oracle(nn.Module):
    """Gives the heat maps of given corners (N, K, 2), whatever the images."""

    def __init__(self, pixels):
        super().__init__()
        self.register_buffer("maps", targets(torch.from_numpy(pixels).float(), IMAGES.size).clamp(min=1e-12).log())

    def forward(self, images):
        return self.maps + 0.0 * images.sum()


def images(count=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 3, 200, 200, 3), np.uint8)


def oracle(cameras, change=lambda pixels: pixels, trust=None):
    position, orientation = np.array([START.object_position]), Rotation.random(1, np.random.default_rng(1)).as_quat()
    pixels = project(corners_at(OBJECTS["block"].vertices, position, orientation), *cameras)
    estimator = KeypointEstimator(metadata("keypoints"), Oracle(change(pixels[0])), trust or TrustConfig())
    return estimator, position, orientation


def test_true_heat_maps_give_the_true_pose(cameras):
    estimator, position, orientation = oracle(cameras)
    estimate = estimator.estimate(images(), *cameras, np.ones((1, 3), bool))
    assert estimate.valid.all() and estimate.reason == ("",)
    np.testing.assert_allclose(estimate.position, position, atol=2e-5)
    assert (Rotation.from_quat(estimate.orientation).inv() * Rotation.from_quat(orientation)).magnitude()[0] < 1e-3
    std = np.sqrt(np.diagonal(estimate.covariance[0]))
    assert (std[:3] < 1e-3).all() and (std[3:] < 0.05).all()


def test_half_precision_finds_the_same_corners(monkeypatch):
    """Within a fifth of what a corner is trusted at; where the processor lacks it, both are single precision."""
    module, found = network("keypoints"), []
    for half in (False, estimator_module.computes_in_half()):
        monkeypatch.setattr(estimator_module, "computes_in_half", lambda half=half: half)
        found.append(KeypointEstimator(metadata("keypoints"), module.eval(), TrustConfig()).keypoints(images())[0])
    assert np.abs(found[0] - found[1]).max() < 0.2 * estimator_module.PIXEL_STD


def test_two_cameras_do_unless_three_are_asked_for(cameras):
    present = np.array([[True, False, True]])
    estimator, position, _ = oracle(cameras)
    estimate = estimator.estimate(images(), *cameras, present)
    assert estimate.valid.all()
    np.testing.assert_allclose(estimate.position, position, atol=2e-5)
    strict, _, _ = oracle(cameras, trust=TrustConfig(min_cameras=3))
    assert strict.estimate(images(), *cameras, present).reason == ("missing: ['camera_left']",)
    one = estimator.estimate(images(), *cameras, np.array([[True, False, False]]))
    assert not one.valid.any() and "camera_left" in one.reason[0] and "camera_right" in one.reason[0]


def test_an_object_that_is_not_there_is_not_seen(cameras):
    estimator, _, _ = oracle(cameras, lambda pixels: np.full_like(pixels, -50.0))
    estimate = estimator.estimate(images(), *cameras, np.ones((1, 3), bool))
    assert not estimate.valid.any()
    assert "not in view" in estimate.reason[0]


def test_views_that_contradict_each_other_are_not_trusted(cameras):
    def shift(pixels):
        moved = pixels.copy()
        moved[0, :, 0] += 25.0
        return moved

    estimator, _, _ = oracle(cameras, shift)
    estimate = estimator.estimate(images(), *cameras, np.ones((1, 3), bool))
    assert "contradict" in estimate.reason[0]


@BOTH
def test_the_compiled_network_is_the_network(kind):
    module = network(kind).eval()
    shape = (1, 3, 3, 200, 200) if kind == "regression" else (3, 3, 200, 200)
    fast = compiled(module, torch.zeros(shape))
    for count in (1, 4):
        batch = torch.randn(count * shape[0], *shape[1:])
        with torch.inference_mode():
            torch.testing.assert_close(fast(batch), module(batch), atol=2e-4, rtol=2e-3)


@BOTH
def test_weights_survive_the_file(kind, tmp_path, cameras):
    path = tmp_path / "vision.safetensors"
    save_vision(path, metadata(kind), network(kind))
    found, module = load_vision(path)
    assert found == metadata(kind)
    assert all(torch.equal(a, b) for a, b in zip(module.state_dict().values(), network(kind).state_dict().values()))
    cls = RegressionEstimator if kind == "regression" else KeypointEstimator
    direct = cls(metadata(kind), network(kind).eval(), TrustConfig())
    many = [np.repeat(array, 2, axis=0) for array in cameras]
    for a, b in zip(
        (load_estimator(path).estimate(images(2), *many, np.ones((2, 3), bool)).position,),
        (direct.estimate(images(2), *many, np.ones((2, 3), bool)).position,),
    ):
        np.testing.assert_array_equal(a, b)


def test_regression_needs_every_camera(cameras):
    estimator = RegressionEstimator(metadata("regression"), network("regression"), TrustConfig())
    assert estimator.estimate(images(), *cameras, np.ones((1, 3), bool)).valid.all()
    estimate = estimator.estimate(images(), *cameras, np.array([[True, True, False]]))
    assert estimate.reason == ("missing: ['camera_right']",)


def test_files_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(VisionWeightsError, match="no such file"):
        load_vision(tmp_path / "gone.safetensors")
    save_vision(tmp_path / "a.safetensors", metadata("regression"), network("keypoints"))
    with pytest.raises(VisionWeightsError, match="a.safetensors"):
        load_vision(tmp_path / "a.safetensors")
    (tmp_path / "b.safetensors").write_bytes(b"nothing")
    with pytest.raises(VisionWeightsError, match="no safetensors file"):
        load_vision(tmp_path / "b.safetensors")
    with pytest.raises(ConfigError, match="min_cameras"):
        TrustConfig(min_cameras=1)
