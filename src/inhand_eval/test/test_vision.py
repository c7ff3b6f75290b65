"""The evaluation of estimators: errors are what they are, the paper's rows stand beside, pictures show the edges."""

import json

import numpy as np
import pytest
from bag_maker import SECOND, BagMaker
from scipy.spatial.transform import Rotation

from inhand_core.config import ConfigError
from inhand_data.bags import BagError
from inhand_description.objects import OBJECTS
from inhand_eval.vision import PAPER, VisionProtocol, evaluate_recording, held_out_states, report
from inhand_eval.vision_commands import print_table
from inhand_eval.vision_plot import edges, plot
from inhand_vision.datasets.bag_index import IMAGE_TOPICS
from inhand_vision.errors import pose_errors
from inhand_vision.estimator import Estimate
from inhand_vision.images import load_image_config
from inhand_vision.rig import nominal_rig
from inhand_vision.weights import VisionMetadata

MS = 1_000_000
POSITION, TURN = np.array([0.0, -0.05, 0.38]), Rotation.from_rotvec([0.3, 0.2, 0.1])
PROTOCOL = VisionProtocol(samples=6, seed=0, policy="", workers=1, looks=True, calibrated=True)


class Off:
    """An estimator that is always 3 mm and 10 degrees off, and remembers the cameras that it was told."""

    metadata = VisionMetadata("keypoints", "block", load_image_config(), 32)

    def estimate(self, images, matrix, pose, present):
        self.matrix, self.pose = matrix, pose
        count = len(images)
        orientation = (Rotation.from_rotvec([0.0, 0.0, np.radians(10.0)]) * TURN).as_quat()
        position = POSITION + np.array([0.0, 0.003, 0.0])
        poses = np.tile(position, (count, 1)), np.tile(orientation, (count, 1))
        return Estimate(*poses, np.zeros((count, 6, 6)), np.ones(count, bool), ("",) * count)


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """Ten frames of an object that does not move, tracked beside sight."""
    folder = tmp_path_factory.mktemp("bags") / "run"
    maker = BagMaker(folder)
    for frame in range(10):
        stamp = 50 * SECOND + frame * 33 * MS
        maker.pose(stamp, frame, (0, 0, 0), source="vision")
        maker.pose(stamp, frame, POSITION, TURN.as_quat(), topic="/mocap/object_pose")
        for topic in IMAGE_TOPICS:
            maker.image(topic, stamp, 90 + frame)
    maker.close()
    return folder


@pytest.mark.parametrize("calibrated", [True, False])
def test_a_bag_is_evaluated_against_motion_capture(bag, calibrated):
    estimator = Off()
    protocol = VisionProtocol(6, 0, "", 1, True, calibrated)
    result = evaluate_recording(estimator, bag, protocol)
    assert len(result.samples) == 6 and result.row == "recorded"
    np.testing.assert_allclose(result.errors.position, 3.0, atol=1e-9)
    np.testing.assert_allclose(result.errors.rotation, 10.0, atol=1e-6)
    np.testing.assert_allclose(estimator.pose[0], nominal_rig(estimator.metadata.images).pose, atol=1e-6)
    row = json.loads(json.dumps(report([result], protocol)))["rows"]["recorded"]
    assert row["rotation_deg_mean"] == pytest.approx(10.0) and row["position_mm_p95"] == pytest.approx(3.0)
    assert row["paper"] == {
        "images": "real images",
        "rotation_deg_mean": 5.01,
        "rotation_deg_std": 2.47,
        "position_mm_mean": 9.27,
        "position_mm_std": 4.02,
    }


def test_every_row_of_the_papers_table_is_printed(bag, capsys):
    result = evaluate_recording(Off(), bag, PROTOCOL)
    print_table(report([result], PROTOCOL)["rows"])
    said = capsys.readouterr().out
    for text in ("10.00 ± 0.00", "5.01 ± 2.47", "9.27 ± 4.02", "2.71 ± 1.62", "3.23 ± 2.91", "not measured"):
        assert text in said


def test_the_picture_is_drawn(bag, tmp_path):
    result = evaluate_recording(Off(), bag, PROTOCOL)
    plot([result], "block", tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes()[1:4] == b"PNG"


def test_errors_do_not_depend_on_the_sign_of_a_quaternion():
    rng = np.random.default_rng(0)
    truth, estimated = Rotation.random(50, rng), Rotation.random(50, rng)
    valid = np.ones(50, bool)
    for sign in (1.0, -1.0):
        estimate = Estimate(np.zeros((50, 3)), sign * estimated.as_quat(), np.zeros((50, 6, 6)), valid, ("",) * 50)
        errors = pose_errors(estimate, np.full((50, 3), 0.001), truth.as_quat())
        np.testing.assert_allclose(errors.rotation, np.degrees((truth.inv() * estimated).magnitude()), atol=1e-6)
        np.testing.assert_allclose(errors.position, np.sqrt(3.0))


@pytest.mark.parametrize(("name", "count", "lengths"), [("block", 12, {50}), ("prism", 24, {21, 50})])
def test_edges_are_those_of_the_solid(name, count, lengths):
    vertices = OBJECTS[name].vertices
    found = edges(vertices)
    assert len(found) == len(set(found)) == count
    assert {round(1e3 * np.linalg.norm(vertices[a] - vertices[b])) for a, b in found} == lengths


def test_held_out_states_are_not_those_of_training():
    states = held_out_states("block", PROTOCOL)
    assert states.shape == (6, 31)
    other = held_out_states("block", VisionProtocol(6, 1, "", 1, True, True))
    assert not np.array_equal(states, other)


def test_what_cannot_be_evaluated_is_refused(tmp_path):
    with pytest.raises(BagError, match="no such bag"):
        evaluate_recording(Off(), tmp_path / "gone", PROTOCOL)
    with pytest.raises(ConfigError, match="samples"):
        VisionProtocol(0, 0, "", 1, True, True)
    assert set(PAPER) == {"training renderer", "other renderer", "recorded"}
