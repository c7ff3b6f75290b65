"""Region of interest, binning and distortion: where a camera_info says that a point is seen, there it is."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from inhand_data.intrinsics import CameraError, intrinsics_of
from inhand_data.rectify import make_rectifier, project

K = [837.0, 0.0, 322.5, 0.0, 830.0, 236.5, 0.0, 0.0, 1.0]
LENSES = {
    "plumb_bob": [-0.28, 0.09, 0.001, -0.002, 0.01],
    "rational_polynomial": [0.3, -0.2, 0.001, 0.0005, 0.05, 0.6, -0.1, 0.02],
    "equidistant": [-0.02, 0.01, -0.003, 0.001],
}


def info(roi=(0, 0, 0, 0), binning=(0, 0), **changes):
    region = SimpleNamespace(**dict(zip(("x_offset", "y_offset", "width", "height"), roi)), do_rectify=False)
    fields = {"width": 640, "height": 480, "k": K, "d": [0.0] * 5, "distortion_model": "plumb_bob", "roi": region}
    return SimpleNamespace(**{**fields, "binning_x": binning[0], "binning_y": binning[1], **changes})


def picture():
    """A smooth picture that differs everywhere."""
    rows, columns = np.mgrid[:480, :640].astype(float)
    waves = [np.sin(rows / 17 + columns / 29), np.cos(rows / 23 - columns / 13), np.sin(columns / 41)]
    return np.stack([127 + 100 * wave for wave in waves], axis=-1).astype(np.uint8)


def published(image, roi, binning):
    """What a camera sends of an image: the region, pixels averaged."""
    x, y, wide, high = roi
    cut = image[y : y + high, x : x + wide].astype(float)
    shape = high // binning[1], binning[1], wide // binning[0], binning[0], 3
    cut = cut[: shape[0] * shape[1], : shape[2] * shape[3]]
    return np.round(cut.reshape(shape).mean(axis=(1, 3))).astype(np.uint8)


@pytest.mark.parametrize("model", [*LENSES, "none"])
@pytest.mark.parametrize(
    ("roi", "binning"), [((0, 0, 640, 480), (1, 1)), ((160, 80, 400, 400), (1, 1)), ((32, 16, 600, 448), (2, 4))]
)
def test_a_point_is_seen_where_the_camera_says(model, roi, binning):
    lens = {} if model == "none" else {"distortion_model": model, "d": LENSES[model]}
    whole, part = intrinsics_of(info(**lens)), intrinsics_of(info(roi, binning, **lens))
    points = np.random.default_rng(0).uniform([-0.15, -0.1, 0.5], [0.15, 0.1, 0.8], (200, 3))
    expected = (project(points, whole) - roi[:2] + 0.5) / binning - 0.5
    np.testing.assert_allclose(project(points, part), expected, atol=1e-9)
    assert (part.width, part.height) == (roi[2] // binning[0], roi[3] // binning[1])


@pytest.mark.parametrize("model", LENSES)
@pytest.mark.parametrize(("roi", "binning"), [((160, 80, 400, 320), (1, 1)), ((64, 32, 512, 416), (2, 2))])
def test_a_part_of_an_image_is_straightened_as_the_whole_is(model, roi, binning):
    lens = {"distortion_model": model, "d": LENSES[model]}
    image = picture()
    straight = make_rectifier(intrinsics_of(info(**lens)))(image)
    assert not np.array_equal(straight, image)
    part = make_rectifier(intrinsics_of(info(roi, binning, **lens)))(published(image, roi, binning))
    expected = published(straight, roi, binning)
    inside = (slice(60, -60),) * 2  # at the edges the straight image looks beyond the part
    assert np.abs(part[inside].astype(int) - expected[inside]).mean() < 1.5


def test_straightening_is_opencv_s():
    camera = intrinsics_of(info(distortion_model="rational_polynomial", d=LENSES["rational_polynomial"]))
    direct = cv2.undistort(picture(), camera.matrix, camera.distortion)
    assert np.abs(make_rectifier(camera)(picture()).astype(int) - direct).max() <= 2
    plain = intrinsics_of(info())
    image = picture()
    assert plain.straight and make_rectifier(plain)(image) is image


def test_a_camera_without_calibration_is_none():
    assert intrinsics_of(info(k=[0.0] * 9, d=[])) is None


def test_an_image_of_another_size_is_refused():
    rectify = make_rectifier(intrinsics_of(info((160, 80, 400, 400))))
    with pytest.raises(CameraError, match="640 x 480 px, but camera_info says 400 x 400"):
        rectify(picture())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"k": [0.0, *K[1:]]}, "focal lengths must be > 0"),
        ({"k": [-800.0, *K[1:]]}, "focal lengths"),
        ({"k": [float("nan"), *K[1:]]}, "finite"),
        ({"k": [*K[:2], float("inf"), *K[3:]]}, "finite"),
        ({"k": [*K[:8], 5.0]}, "0 0 1"),
        ({"k": [1e7, *K[1:]]}, "fits no image"),
        ({"k": [1.0, 0.0, 1.0]}, "9 values"),
        ({"width": 0}, "width and height"),
        ({"width": 10**12}, "width and height"),
        ({"d": [0.1, 0.0, 0.0, 0.0, 0.0, 0.001]}, "plumb_bob has 5 coefficients, found 6"),
        ({"d": [1e308] * 5}, "beyond"),
        ({"d": [float("nan")] * 5}, "finite"),
        ({"distortion_model": "kannala_brandt"}, "'kannala_brandt' is not one of"),
        ({"distortion_model": "", "d": [0.1] * 5}, "'' is not one of"),
        ({"distortion_model": "equidistant", "d": [0.1] * 5}, "equidistant has 4"),
        ({"distortion_model": "equidistant", "d": []}, "equidistant needs 4"),
        ({"roi": (600, 0, 100, 480)}, r"region of interest \(600, 0, 100, 480\)"),
        ({"roi": (640, 0, 0, 0)}, "region of interest"),
        ({"binning": (641, 1)}, "binning"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused_by_field(change, words):
    with pytest.raises(CameraError, match=f"camera_top: .*{words}"):
        intrinsics_of(info(**change), "camera_top")
