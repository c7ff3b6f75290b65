"""Draws of the looks and of the poses: ranges, rows, what the paper says about their shares."""

from __future__ import annotations

import colorsys
from dataclasses import fields

import numpy as np
import pytest

from inhand_core import rotations
from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import RowRandom, row_seeds
from inhand_sim.cameras import Appearances, Looks, augment_poses, load_appearance
from inhand_sim.cameras.appearance import LAMPS, PALM
from inhand_sim.cameras.hsv import hsv_to_rgb, rgb_to_hsv
from inhand_sim.cameras.ranges import AppearanceConfig

MANY = 10_000


@pytest.fixture(scope="module")
def looks() -> Looks:
    return Appearances(row_seeds(5, MANY)).draw()


def spans(values: np.ndarray, low: float, high: float) -> bool:
    """Values lie within [low, high] and come within 1 % of both ends."""
    margin = 0.01 * (high - low)
    inside = values.min() >= low - 1e-12 and values.max() <= high + 1e-12
    return inside and values.min() < low + margin and values.max() > high - margin


def test_every_draw_fills_its_range(looks: Looks) -> None:
    degrees = np.degrees(rotations.angle(looks.camera_turn))
    assert spans(looks.camera_offset, -0.0015, 0.0015)
    assert spans(degrees, 0.0, 3.0)
    assert spans(looks.camera_fovy, -1.0, 1.0)
    assert spans(looks.robot_rgb, 0.0, 1.0)
    assert spans(looks.robot_metallic, 0.05, 0.25)
    assert spans(looks.robot_glossiness, 0.0, 1.0)
    assert spans(looks.face_hsv[..., 0], -0.01, 0.01)
    assert spans(looks.face_hsv[..., 1:], -0.15, 0.15)
    assert spans(looks.object_metallic, 0.05, 0.15)
    assert spans(looks.object_glossiness, 0.05, 0.15)
    assert spans(looks.lamp_intensity.sum(axis=1), 0.0, 15.0)


def test_four_to_six_lamps_are_lit_equally_often_and_share_the_total(looks: Looks) -> None:
    lit = (looks.lamp_intensity > 0.0).sum(axis=1)
    assert np.array_equal(np.unique(lit), [4, 5, 6])
    assert np.allclose([(lit == n).mean() for n in (4, 5, 6)], 1 / 3, atol=0.02)
    shares = np.where(looks.lamp_intensity > 0.0, looks.lamp_intensity, np.nan)
    ratio = np.nanmax(shares, axis=1) / np.nanmin(shares, axis=1)
    assert ratio.min() >= 1.0 and 4.5 < ratio.max() <= 5.0


def test_lamps_are_uniform_over_the_upper_half_sphere(looks: Looks) -> None:
    away = (looks.lamp_position - PALM).reshape(-1, 3) / load_appearance().lights.distance.value
    assert np.allclose(np.linalg.norm(away, axis=1), 1.0)
    assert spans(away[:, 2], 0.0, 1.0)
    assert np.allclose(away.mean(axis=0), [0.0, 0.0, 0.5], atol=0.01)  # of a half sphere: heights are uniform


def test_turns_have_no_preferred_axis(looks: Looks) -> None:
    vectors = rotations.to_rotation_vector(looks.camera_turn).reshape(-1, 3)
    assert np.abs(vectors.mean(axis=0)).max() < np.radians(0.05)
    assert np.allclose(vectors.std(axis=0), vectors.std(), rtol=0.03)


def test_a_row_of_a_batch_equals_the_row_alone() -> None:
    seeds = row_seeds(7, 4)
    together, alone = Appearances(seeds), Appearances(seeds[2:3])
    together.draw(np.array([0, 1]))  # what other rows have drawn before does not matter
    batch, single = together.draw(), alone.draw()
    for field in fields(Looks):
        assert np.array_equal(getattr(batch, field.name)[2:3], getattr(single, field.name)), field.name
        assert np.array_equal(getattr(batch.row(2), field.name), getattr(single, field.name)), field.name


def test_hue_saturation_and_value_are_those_of_the_standard_library() -> None:
    rgb = np.concatenate(
        [np.random.default_rng(0).uniform(size=(200, 3)), np.eye(3), np.zeros((1, 3)), np.ones((1, 3))]
    )
    expected = np.array([colorsys.rgb_to_hsv(*row) for row in rgb])
    assert np.allclose(rgb_to_hsv(rgb), expected)
    assert np.allclose(hsv_to_rgb(expected), rgb)
    assert np.allclose(hsv_to_rgb(np.array([-0.01, 1.2, 0.5])), hsv_to_rgb(np.array([0.99, 1.0, 0.5])))


def test_poses_are_kept_turned_and_jittered_as_often_as_the_paper_says() -> None:
    random = RowRandom(row_seeds(2, MANY), "poses")
    orientation = random.quaternion()
    position = 0.02 * random.normal((3,))
    moved, turned = augment_poses(position, orientation, load_appearance().pose, random)
    own = rotations.multiply(rotations.conjugate(orientation), turned)  # in the object's own axes
    angle, shift = rotations.angle(own), np.abs(moved - position).max(axis=1)
    same = (shift == 0.0) & (angle < 1e-6)
    quarter = (shift == 0.0) & (np.abs(angle - np.pi / 2) < 1e-6)
    jitter = shift > 0.0
    assert np.allclose([same.mean(), quarter.mean(), jitter.mean()], [0.2, 0.4, 0.4], atol=0.02)
    assert (same ^ quarter ^ jitter).all()
    axes = np.round(own[quarter, :3] / np.sqrt(0.5)).astype(int)
    counts = np.unique(axes, axis=0, return_counts=True)[1]
    assert len(counts) == 6 and np.allclose(counts / quarter.sum(), 1 / 6, atol=0.02)
    assert np.allclose((moved - position)[jitter].std(axis=0), 0.005, rtol=0.05)
    assert abs(np.sqrt((angle[jitter] ** 2).mean()) - 0.2) < 0.01


def broken(section: str, key: str, **change: object) -> dict:
    raw = read_yaml(config_file("appearance"))
    raw[section][key] = {**raw[section][key], **change}
    return raw


@pytest.mark.parametrize(
    ("raw", "culprit"),
    [
        (broken("pose", "jitter", value=0.5), "probabilities of sum 1"),
        (broken("lights", "relative_intensity", lo=0.0), "relative_intensity > 0"),
        (broken("robot", "metallic", lo=0.5), "lo 0.5 must not exceed hi 0.25"),
        (broken("cameras", "rotation", axis="x"), "axis"),
    ],
)
def test_settings_that_cannot_be_are_refused(raw: dict, culprit: str) -> None:
    with pytest.raises(ConfigError, match=culprit):
        load_config(AppearanceConfig, raw, "appearance.yaml")


@pytest.mark.parametrize(
    ("section", "key", "change"), [("lights", "count", {"hi": LAMPS + 1}), ("cameras", "count", {"value": 2})]
)
def test_counts_that_the_scene_does_not_have_are_refused(section: str, key: str, change: dict) -> None:
    config = load_config(AppearanceConfig, broken(section, key, **change), "appearance.yaml")
    with pytest.raises(ConfigError, match=f"{section}.{key}"):
        Appearances(row_seeds(0, 1), config)
