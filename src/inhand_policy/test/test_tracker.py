"""The tracker on synthetic markers: frames, holding, ages, validity."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inhand_core.random import row_seeds
from inhand_core.signals import Markers
from inhand_policy.layout import marker_layout
from inhand_policy.tracker import Tracker, TrackerConfig

LAYOUT = marker_layout("block")
DT = 1.0 / 240.0


def tracker(batch=1, publish_every=1):
    return Tracker(TrackerConfig("block", publish_every, 0.005, 0.01), row_seeds(0, batch))


class Scene:
    """A hand base, fingertips and a block in random places; all poses are scipy's."""

    def __init__(self, rng, batch=1):
        self.hand, self.hand_at = Rotation.from_quat(rng.normal(size=(batch, 4))), rng.normal(size=(batch, 3))
        self.block, self.block_at = Rotation.from_quat(rng.normal(size=(batch, 4))), 0.1 * rng.normal(size=(batch, 3))
        self.tips = 0.1 * rng.normal(size=(batch, 5, 3))
        self.batch = batch

    def markers(self, lost=(), noise=0.0, rng=None):
        """Markers in world; `lost` indices have condition -1."""
        position = np.empty((self.batch, 17, 3))
        for b in range(self.batch):
            in_hand = np.empty((17, 3))
            in_hand[LAYOUT.fingertips] = self.tips[b]
            in_hand[LAYOUT.hand] = LAYOUT.hand_positions
            in_hand[LAYOUT.object] = self.block[b].apply(LAYOUT.object_positions) + self.block_at[b]
            position[b] = self.hand[b].apply(in_hand) + self.hand_at[b]
        if noise:
            position += noise * rng.normal(size=position.shape)
        condition = np.ones((self.batch, 17))
        condition[:, list(lost)] = -1.0
        return Markers(position, condition)


def turn_error(pose, rotation):
    return (rotation.inv() * Rotation.from_quat(pose.orientation)).magnitude().max()


def test_recovers_fingertips_and_block_in_the_hands_frame(rng):
    scene = Scene(rng, 20)
    out = tracker(20).step({"markers": scene.markers()}, 0.0)
    tips, pose = out["fingertips"], out["object_pose"]
    np.testing.assert_allclose(tips.position, scene.tips, atol=1e-12)
    np.testing.assert_allclose(pose.position, scene.block_at, atol=1e-12)
    assert turn_error(pose, scene.block) < 1e-12
    assert tips.valid.all() and pose.valid.all() and (tips.age == 0).all() and (pose.age == 0).all()
    assert (pose.orientation[:, 3] >= 0).all()


def test_noise_of_a_millimetre_stays_small(rng):
    scene = Scene(rng, 200)
    pose = tracker(200).step({"markers": scene.markers(noise=1e-3, rng=rng)}, 0.0)["object_pose"]
    error = (scene.block.inv() * Rotation.from_quat(pose.orientation)).magnitude()
    assert 0.005 < np.sqrt(np.mean(error**2)) < 0.06
    assert pose.valid.all()


def test_lost_fingertip_holds_its_place_in_the_hand_and_ages(rng):
    scene, component = Scene(rng), tracker()
    component.step({"markers": scene.markers()}, 0.0)
    held = scene.tips.copy()
    scene.tips = scene.tips + 0.01
    for n in (1, 2, 3):
        tips = component.step({"markers": scene.markers(lost=[2])}, DT)["fingertips"]
        assert tips.valid[0].tolist() == [True, True, False, True, True]
        np.testing.assert_allclose(tips.age[0], [0, 0, n * DT, 0, 0], atol=1e-12)
    np.testing.assert_allclose(tips.position[0, 2], held[0, 2], atol=1e-12)
    np.testing.assert_allclose(tips.position[0, 1], scene.tips[0, 1], atol=1e-12)
    tips = component.step({"markers": scene.markers()}, DT)["fingertips"]
    assert tips.valid.all() and (tips.age == 0).all()


def test_three_markers_of_the_block_suffice_and_two_do_not(rng):
    scene, component = Scene(rng), tracker()
    first = component.step({"markers": scene.markers(lost=range(12, 17))}, 0.0)["object_pose"]
    assert first.valid.all() and turn_error(first, scene.block) < 1e-9
    old = scene.block
    scene.block = Rotation.from_quat(rng.normal(size=(1, 4)))
    second = component.step({"markers": scene.markers(lost=range(11, 17))}, DT)["object_pose"]
    assert not second.valid.any() and second.age[0] == DT
    assert turn_error(second, old) < 1e-9


def test_hand_frame_is_held_while_its_markers_are_lost(rng):
    scene, component = Scene(rng), tracker()
    component.step({"markers": scene.markers()}, 0.0)
    scene.tips = scene.tips + 0.02
    out = component.step({"markers": scene.markers(lost=(5, 6))}, DT)
    np.testing.assert_allclose(out["fingertips"].position, scene.tips, atol=1e-12)
    assert out["object_pose"].valid.all()


def test_without_a_hand_frame_nothing_is_valid(rng):
    out = tracker().step({"markers": Scene(rng).markers(lost=range(5, 9))}, 0.0)
    assert not out["fingertips"].valid.any() and not out["object_pose"].valid.any()


def test_swapped_markers_are_refused(rng):
    scene, component = Scene(rng), tracker()
    markers = scene.markers()
    markers.position[0, [9, 16]] = markers.position[0, [16, 9]]
    assert not component.step({"markers": markers}, 0.0)["object_pose"].valid.any()


def test_a_marker_that_is_no_number_is_not_seen(rng):
    scene, component = Scene(rng), tracker()
    component.step({"markers": scene.markers()}, 0.0)
    held = scene.tips.copy()
    scene.tips = scene.tips + 0.01
    markers = scene.markers()
    markers.position[0, [2, 5, 9]] = np.array(
        [[np.nan], [np.inf], [-np.inf]]
    )  # a fingertip, one of the hand's, one of the block's
    out = component.step({"markers": markers}, DT)
    tips, pose = out["fingertips"], out["object_pose"]
    assert tips.valid[0].tolist() == [True, True, False, True, True]
    np.testing.assert_allclose(tips.position[0, 2], held[0, 2], atol=1e-12)
    assert pose.valid.all() and turn_error(pose, scene.block) < 1e-9
    markers.position[:] = np.nan
    out = component.step({"markers": markers}, DT)
    assert np.isfinite(out["fingertips"].position).all() and np.isfinite(out["object_pose"].position).all()
    assert not out["fingertips"].valid.any() and not out["object_pose"].valid.any()


def test_what_was_published_does_not_change_later(rng):
    scene, component = Scene(rng), tracker()
    out = component.step({"markers": scene.markers()}, 0.0)
    before = {(port, name): value.copy() for port, signal in out.items() for name, value in vars(signal).items()}
    component.step({"markers": Scene(rng).markers(lost=[1])}, DT)
    for port, signal in out.items():
        for name, value in vars(signal).items():
            np.testing.assert_array_equal(value, before[port, name])


def test_publishes_every_third_frame_from_the_first_and_ages_in_between(rng):
    scene, component = Scene(rng), tracker(publish_every=3)
    produced = [bool(component.step({"markers": scene.markers()}, DT)) for _ in range(7)]
    assert produced == [True, False, False, True, False, False, True]
    component.step({"markers": scene.markers(lost=[0])}, DT)
    component.step({"markers": scene.markers(lost=[0])}, DT)
    out = component.step({"markers": scene.markers(lost=[0])}, DT)
    np.testing.assert_allclose(out["fingertips"].age[0, 0], 3 * DT)


def test_reset_forgets_its_rows_alone(rng):
    scene, component = Scene(rng, 2), tracker(2)
    component.step({"markers": scene.markers()}, 0.0)
    component.reset(np.array([True, False]))
    held = scene.tips.copy()
    scene.tips = scene.tips + 0.05
    tips = component.step({"markers": scene.markers(lost=[0])}, DT)["fingertips"]
    assert not tips.valid[:, 0].any()
    np.testing.assert_allclose(tips.position[0, 0], scene.tips[0, 0], atol=1e-12)  # the marker's last known place
    np.testing.assert_allclose(tips.position[1, 0], held[1, 0], atol=1e-12)


def test_row_of_a_batch_equals_the_row_alone_bit_for_bit(rng):
    scene, batch, singles = Scene(rng, 17), tracker(17), [tracker() for _ in range(17)]
    for n in range(12):
        lost = rng.permutation(17)[:5]
        markers = scene.markers(lost, noise=1e-3, rng=rng)
        if n == 6:
            batch.reset(np.arange(17) % 2 == 0)
        whole = batch.step({"markers": markers}, DT)
        for b, component in enumerate(singles):
            if n == 6 and b % 2 == 0:
                component.reset(np.array([True]))
            row = Markers(markers.position[b : b + 1], markers.condition[b : b + 1])
            for port, signal in component.step({"markers": row}, DT).items():
                for name, value in vars(signal).items():
                    assert getattr(whole[port], name)[b].tobytes() == value[0].tobytes(), (port, name)


@pytest.mark.parametrize("change", [{"publish_every": 0}, {"min_spread_m": 0.0}, {"max_residual_m": -1.0}])
def test_bad_configuration_is_named(change):
    good = {"object": "block", "publish_every": 1, "min_spread_m": 0.005, "max_residual_m": 0.01}
    with pytest.raises(ValueError, match=next(iter(change))):
        TrackerConfig(**{**good, **change})
