"""Trials by sight: with an estimator that tells the truth they are those that motion capture would give."""

import numpy as np
import pytest

from inhand_core import rotations
from inhand_core.graph import InProcessGraph, load_graph
from inhand_eval.sight import Sight, SightConfig
from inhand_sim.cameras import RendererError
from inhand_vision.estimator import Estimate
from inhand_vision.images import load_image_config
from inhand_vision.weights import VisionMetadata

ROWS, STEPS = 2, 12


class Truth:
    """An estimator that looks up the truth, row by row, and checks that it is asked about that row's images."""

    metadata = VisionMetadata("keypoints", "block", load_image_config(), 32)

    def __init__(self, graph):
        self.graph, self.asked, self.images = graph, 0, []

    def estimate(self, images, matrix, pose, present):
        truth = self.graph.component("sim").truth()
        row = self.asked % ROWS
        self.asked += 1
        self.images.append(images[0].copy())
        place = truth.object_position[row : row + 1], rotations.canonical(truth.object_orientation[row : row + 1])
        return Estimate(*place, np.zeros((1, 6, 6)), np.ones(1, bool), ("",))


def new_graph():
    overrides = {"goal": {"auto_start": True, "auto_restart": True}, "policy": {"weights": "weights/block.safetensors"}}
    return InProcessGraph(load_graph("training"), ROWS, 3, "none", overrides)


def test_true_poses_do_what_tracked_ones_do():
    plain, seen = new_graph(), new_graph()
    try:
        sight = Sight(Truth(seen), SightConfig("classic", True, 0), ROWS)
    except RendererError as error:
        pytest.skip(str(error))
    for step in range(STEPS):
        plain.step()
        sight.step(seen)
        ours, theirs = seen.latest["object/pose"], plain.latest["object/pose"]
        if step < 2:  # then the policies' actions begin to differ: markers are one physics step older than qpos
            np.testing.assert_allclose(ours.position, theirs.position, atol=5e-3 if step else 1e-9)
            assert rotations.distance(ours.orientation, theirs.orientation).max() < (0.1 if step else 1e-6)
        assert ours.valid.all() and (ours.age == 0.0).all()
        assert np.array_equal(seen.latest["trial"].trial_id, plain.latest["trial"].trial_id)
    assert sight.estimates == ROWS * STEPS and sight.invalid == 0
    first, last = sight._estimator.images[0], sight._estimator.images[-2]
    assert not np.array_equal(first, last)  # what is rendered moves
    sight.close()
