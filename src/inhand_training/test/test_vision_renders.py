"""Rendered samples: what the labels say is where it is in the images; workers draw streams of their own."""

import numpy as np
import pytest

from inhand_description.objects import OBJECTS
from inhand_sim.cameras import RendererError
from inhand_training.vision.batches import RenderBuffer
from inhand_training.vision.pool import RenderPool
from inhand_training.vision.samples import SampleConfig, SampleMaker, empty_samples
from inhand_training.vision.states import StatesConfig, gather_states
from inhand_vision.geometry import corners_at, project
from inhand_vision.images import load_image_config

IMAGES = load_image_config()


@pytest.fixture(scope="module")
def states():
    return gather_states(StatesConfig(16, 8, 3, "", "none", 1), "block", 0)


def config(**changes):
    values = {"looks": False, "augment": False, "scale_spread": 0.0, "absent": 0.0, **changes}
    return SampleConfig("classic", "block", IMAGES, **values)


def make(states, count, seed=0, **changes):
    try:
        maker = SampleMaker(config(**changes), states, seed)
    except RendererError as error:
        pytest.skip(str(error))
    out = empty_samples(count, IMAGES.size)
    for row in range(count):
        maker.make(out, row)
    maker.close()
    return out


def test_faces_have_their_colours_where_the_labels_say(states):
    """Each face that looks at a camera has the hue of its colour at its centre, unless a finger hides it."""
    out = make(states, 12, looks=True, augment=True)
    row, right, total = OBJECTS["block"], 0, 0
    normals = np.array([face.normal for face in row.faces])
    centres = 0.025 * normals
    for i in range(12):
        one = slice(i, i + 1)
        points = corners_at(centres, out.position[one], out.orientation[one])
        pixels = project(points, out.camera_matrix[one], out.camera_pose[one])
        turned = corners_at(normals, np.zeros((1, 3)), out.orientation[one])[0]
        for camera in range(3):
            away = points[0] - out.camera_pose[i, camera, :3, 3]
            facing = np.einsum("ij,ij->i", turned, away) / np.linalg.norm(away, axis=1) < -0.5
            for face in np.flatnonzero(facing):
                x, y = pixels[0, camera, face].round().astype(int)
                colour = out.images[i, camera, y, x].astype(float)
                if colour.max() < 40.0:
                    continue  # too dark to tell
                rgb = np.array([f.rgb for f in row.faces])
                unit = rgb / np.linalg.norm(rgb, axis=1, keepdims=True)
                right += int(np.argmax(unit @ (colour / np.linalg.norm(colour))) == face)
                total += 1
    assert total > 20 and right > 0.6 * total


def test_an_absent_object_has_no_position(states):
    out = make(states, 6, absent=0.999)
    assert np.isnan(out.position).all()
    assert len(np.unique(out.images[:, 0].reshape(6, -1), axis=0)) > 1


def test_a_stream_repeats_and_another_differs(states):
    first, again, other = (make(states, 2, seed=s, looks=True, augment=True) for s in (5, 5, 6))
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.camera_pose, again.camera_pose)
    assert not np.array_equal(first.images, other.images)


def test_workers_fill_the_buffer_and_old_samples_give_way(states):
    make(states, 1)  # skips where there is no renderer
    pool = RenderPool(config(looks=True, augment=True), states, 0, 2, slots=4)
    try:
        buffer = RenderBuffer(pool, 6, IMAGES.size, reuse=1.0)
        random = np.random.default_rng(0)
        samples = [buffer.draw(3, random) for _ in range(6)]
        assert buffer.used == 18 <= buffer.rendered
        assert all(np.isfinite(s.position).all() and s.images.std() > 5 for s in samples)
        first, last = ({image.tobytes() for image in samples[i].images} for i in (0, -1))
        assert not first & last  # 18 renders into 6 places
    finally:
        pool.close()


def test_a_worker_that_fails_says_why(states):
    pool = RenderPool(config(), states[:, :5], 0, 1)
    try:
        with pytest.raises(RuntimeError, match="render worker"):
            pool.draw(1)
    finally:
        pool.close()
