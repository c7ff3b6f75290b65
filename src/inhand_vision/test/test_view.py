"""The input shows the same part of the scene whatever part of the image a camera publishes."""

from types import SimpleNamespace

import numpy as np
import pytest

from inhand_data.intrinsics import CameraError, intrinsics_of
from inhand_data.rectify import project
from inhand_vision.images import ImageConfig, crop_and_resize, input_matrix
from inhand_vision.view import InputView

CONFIG = ImageConfig(crop=400, size=200)
K = [837.0, 0.0, 319.5, 0.0, 837.0, 239.5, 0.0, 0.0, 1.0]
POINTS = np.random.default_rng(1).uniform([-0.08, -0.08, 0.5], [0.08, 0.08, 0.6], (40, 3))


def camera(roi=(0, 0, 0, 0), binning=(1, 1), d=()):
    region = SimpleNamespace(**dict(zip(("x_offset", "y_offset", "width", "height"), roi)))
    fields = {"width": 640, "height": 480, "k": K, "d": d, "distortion_model": "plumb_bob", "roi": region}
    return intrinsics_of(SimpleNamespace(**fields, binning_x=binning[0], binning_y=binning[1]))


def spots(found, roi=(0, 0, 0, 0)):
    """A published image with a bright square of six pixels about each point that falls into it."""
    image = np.zeros((found.height, found.width, 3), np.uint8)
    for x, y in np.round(project(POINTS, found)).astype(int):
        image[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3] = 255
    return image


def test_a_whole_image_is_what_it_was():
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    view = InputView(camera(), CONFIG)
    assert view(image).tobytes() == crop_and_resize(image, CONFIG).tobytes()
    assert np.array_equal(view.matrix, input_matrix(np.array(K).reshape(3, 3), (640, 480), CONFIG))


@pytest.mark.parametrize("roi", [(160, 80, 400, 400), (120, 0, 480, 480), (0, 0, 624, 480), (80, 0, 480, 480)])
@pytest.mark.parametrize("binning", [(1, 1), (2, 2), (2, 1)])
@pytest.mark.parametrize("d", [(), (-0.1, 0.02, 0.0, 0.0, 0.0)])
def test_points_are_where_the_input_s_matrix_says(roi, binning, d):
    found = camera(roi, binning, d)
    view = InputView(found, CONFIG)
    seen = view(spots(found))[..., 0]
    pixels = POINTS @ view.matrix.T
    pixels = pixels[:, :2] / pixels[:, 2:]
    inside = ((pixels > 3) & (pixels < 196)).all(axis=1)
    assert inside.sum() > 10
    for x, y in np.round(pixels[inside]).astype(int):
        assert seen[y - 1 : y + 2, x - 1 : x + 2].max() > 200, (x, y)


def test_a_region_that_holds_the_crop_gives_the_same_bytes():
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    whole, part = InputView(camera(), CONFIG), InputView(camera((100, 20, 500, 440)), CONFIG)
    assert part(image[20:460, 100:600]).tobytes() == whole(image).tobytes()
    np.testing.assert_allclose(part.matrix, whole.matrix, atol=1e-12)


def test_a_region_or_an_image_that_is_too_small_is_named():
    with pytest.raises(CameraError, match="along y an image of 240 px .* smaller than the crop of 400 px"):
        InputView(camera((0, 0, 640, 240)), CONFIG)
    with pytest.raises(CameraError, match="320 x 240 px, but camera_info says 640 x 480"):
        InputView(camera(), CONFIG)(np.zeros((240, 320, 3), np.uint8))
