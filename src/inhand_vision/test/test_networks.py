"""The networks have the shapes and sizes that the tables say; heat maps and their moments agree."""

import numpy as np
import pytest
import torch

from inhand_vision import keypoints
from inhand_vision.keypoints import STRIDE, KeypointNetwork, moments, targets
from inhand_vision.network import GROUPS, PARAMETERS, RegressionNetwork, spatial_softmax


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_the_papers_network_has_the_parameters_of_its_table():
    def conv(inputs, outputs, kernel):
        return outputs * (inputs * kernel * kernel + 1)

    total, inputs = conv(3, 32, 5) + conv(32, 32, 3), 32
    for blocks, filters in GROUPS:
        for block in range(blocks):
            total += conv(inputs, filters, 3) + conv(filters, filters, 3)
            total += conv(inputs, filters, 1) if block == 0 else 0
            inputs = filters
    total += (3 * 2 * 64 + 1) * 128 + (128 + 1) * (3 + 4)
    assert GROUPS == ((1, 16), (2, 32), (2, 64), (2, 64))
    assert total == PARAMETERS == count(RegressionNetwork())
    assert count(RegressionNetwork(strides=(3, 3, 3, 3))) == PARAMETERS


def test_strides_as_printed_would_blind_the_network():
    torch.manual_seed(0)
    images = torch.randn(2, 3, 3, 200, 200)
    printed, ours = RegressionNetwork(strides=(3, 3, 3, 3)).eval(), RegressionNetwork().eval()
    with torch.no_grad():
        assert printed.tower(images[0]).shape[-2:] == (1, 1)
        assert torch.equal(*printed(images))
        assert ours.tower(images[0]).shape[-2:] == (8, 8)
        assert not torch.equal(*ours(images))


def test_the_cameras_share_their_tower():
    torch.manual_seed(0)
    network = RegressionNetwork().eval()
    image = torch.randn(1, 1, 3, 200, 200).expand(1, 3, 3, 200, 200)
    with torch.no_grad():
        points = spatial_softmax(network.tower(image[0]))
    torch.testing.assert_close(points[0], points[2])


def test_spatial_softmax_finds_a_peak():
    features = torch.zeros(1, 1, 5, 9)
    features[0, 0, 1, 6] = 100.0
    torch.testing.assert_close(spatial_softmax(features), torch.tensor([[[0.5, -0.5]]]))


def test_a_rotation_and_its_negative_cost_the_same():
    network = RegressionNetwork()
    network.position_mean[:], network.position_std[:] = torch.tensor([0.0, -0.05, 0.38]), torch.tensor([0.01] * 3)
    output, orientation = torch.randn(4, 7), torch.nn.functional.normalize(torch.randn(4, 4), dim=-1)
    position = torch.randn(4, 3)
    assert torch.equal(network.loss(output, position, orientation), network.loss(output, position, -orientation))
    exact = torch.cat([(position - network.position_mean) / network.position_std, orientation], 1)
    assert network.loss(exact, position, orientation) < 1e-10
    torch.testing.assert_close(network.pose(exact)[0], position)


def test_keypoint_maps_are_a_quarter_of_the_image():
    network = KeypointNetwork(8).eval()
    with torch.no_grad():
        assert network(torch.randn(2, 3, 200, 200)).shape == (2, 8, 50, 50)
    assert count(network) == 898_304


def test_moments_undo_targets():
    torch.manual_seed(1)
    pixels = 20.0 + 160.0 * torch.rand(16, 8, 2)
    mean, covariance = moments(targets(pixels, 200).clamp(min=1e-30).log())
    torch.testing.assert_close(mean, pixels, atol=2e-3, rtol=0.0)
    assert covariance.diagonal(dim1=-2, dim2=-1).max() < (0.2 * STRIDE) ** 2  # a sharp map is sure of itself


def test_moments_of_a_map_with_two_peaks_span_both():
    logits = torch.full((1, 1, 50, 50), -40.0)
    logits[0, 0, 10, 20] = logits[0, 0, 30, 20] = 0.0
    mean, covariance = moments(logits)
    np.testing.assert_allclose(mean[0, 0], [20 * STRIDE + 1.5, 20 * STRIDE + 1.5], atol=1e-3)
    assert covariance[0, 0, 1, 1].sqrt() == pytest.approx(10 * STRIDE, rel=0.01)
    assert covariance[0, 0, 0, 0].sqrt() < STRIDE


def test_a_corner_outside_the_image_has_the_even_map():
    maps = targets(torch.tensor([[[-3.0, 50.0], [50.0, 60.0]]]), 200)
    assert maps[0, 0].min() == maps[0, 0].max() == pytest.approx(1 / 2500)
    torch.testing.assert_close(maps.sum((-1, -2)), torch.ones(1, 2))


def test_the_loss_is_least_at_its_target():
    pixels = torch.tensor([[[61.5, 93.5]]])
    exact = targets(pixels, 200).clamp(min=1e-30).log().requires_grad_()
    value = keypoints.loss(exact, pixels, 200)
    (gradient,) = torch.autograd.grad(value, exact)
    assert gradient.abs().max() < 1e-6
    assert keypoints.loss(exact + torch.randn_like(exact), pixels, 200) > value
