"""The image pipeline: geometry of crop and scale, laws of the normalisation, equality to the byte."""

import numpy as np
import pytest

from inhand_core.config import ConfigError
from inhand_vision.images import (
    ImageConfig,
    crop_and_resize,
    input_matrix,
    load_image_config,
    normalize,
    prepare,
)

CONFIG = ImageConfig(crop=400, size=200)


def picture(seed: int, shape: tuple[int, int] = (480, 640)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def test_the_shipped_settings_give_the_paper_s_input() -> None:
    config = load_image_config()
    assert prepare(picture(0), config).shape == (3, 200, 200)


def test_scaling_averages_the_pixels_of_the_middle_square() -> None:
    image = picture(1)
    small = crop_and_resize(image, CONFIG)
    blocks = image[40:440, 120:520].reshape(200, 2, 200, 2, 3).astype(float).mean(axis=(1, 3))
    assert np.abs(small - blocks).max() <= 0.5


def test_the_input_s_camera_matrix_follows_the_pixels() -> None:
    k = np.array([[800.0, 0.0, 319.5], [0.0, 800.0, 239.5], [0.0, 0.0, 1.0]])
    u, v = 301, 203
    image = np.zeros((480, 640, 3), np.uint8)
    image[v - 1 : v + 3, u - 1 : u + 3] = 255  # two by two input pixels about the point (u + 1/2, v + 1/2)
    weight = crop_and_resize(image, CONFIG)[..., 0].astype(float)
    rows, columns = np.mgrid[:200, :200]
    seen = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
    ray = np.linalg.solve(k, [u + 0.5, v + 0.5, 1.0])
    assert np.allclose((input_matrix(k, (640, 480), CONFIG) @ ray)[:2], seen)


def test_normalised_images_have_mean_zero_and_variance_one() -> None:
    x = prepare(picture(2), CONFIG).astype(np.float64)
    assert abs(x.mean()) < 1e-6 and abs(x.var() - 1.0) < 1e-6


def test_an_even_image_becomes_zeros() -> None:
    assert not prepare(np.full((480, 640, 3), 77, np.uint8), CONFIG).any()


def test_brightness_and_gain_of_the_camera_cancel() -> None:
    dark = picture(3, (200, 200)) // 4
    assert np.allclose(prepare(dark, CONFIG), prepare(dark * 2 + 40, CONFIG), atol=1e-6)


def test_the_same_frame_gives_the_same_bytes_whatever_way_it_came() -> None:
    """As a camera's image, as a view into a larger buffer, as a batch's row, cropped before, and out of a message."""
    image = picture(4)
    reference = prepare(image, CONFIG).tobytes()
    padded = np.zeros((480, 700, 3), np.uint8)
    padded[:, 30:670] = image
    batch = np.stack([picture(5), image])
    for same in (
        padded[:, 30:670],
        batch[1],
        np.asfortranarray(image),
        crop_and_resize(image, CONFIG),
        image[40:440, 120:520],
        np.frombuffer(image.tobytes(), np.uint8).reshape(image.shape),
    ):
        assert prepare(same, CONFIG).tobytes() == reference


def test_contrast_scales_and_noise_comes_last() -> None:
    noise = np.random.default_rng(6).normal(size=(3, 200, 200))
    plain = prepare(picture(7), CONFIG)
    changed = prepare(picture(7), CONFIG, contrast=1.5, noise=noise)
    assert np.allclose(changed, 1.5 * plain + noise, atol=1e-5)


def test_channels_keep_their_order() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[..., 0], image[..., 2] = 200, 100
    red, green, blue = normalize(crop_and_resize(image, CONFIG))[:, 0, 0]
    assert red > blue > green


@pytest.mark.parametrize(
    "bad", [np.zeros((480, 640), np.uint8), np.zeros((480, 640, 3), np.float32), np.zeros((300, 640, 3), np.uint8)]
)
def test_other_images_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected an image|smaller than the crop"):
        prepare(bad, CONFIG)


def test_a_crop_smaller_than_the_input_is_refused() -> None:
    with pytest.raises(ConfigError, match="size"):
        ImageConfig(crop=100, size=200)
