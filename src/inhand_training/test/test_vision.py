"""Vision training: a tiny run learns, stops and goes on; batches are what the node sees; states come from rollouts."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from inhand_core.config import ConfigError
from inhand_core.paths import config_file
from inhand_description.objects import OBJECTS
from inhand_training.checkpoint import read_checkpoint
from inhand_training.vision.batches import BatchMaker
from inhand_training.vision.config import load_vision_training
from inhand_training.vision.states import StatesConfig, cached_states, gather_states, object_in_world
from inhand_training.vision.train import VisionTrainer, learning_rate, train
from inhand_vision.datasets.files import PoseDataset, ShardWriter, write_index
from inhand_vision.geometry import corners_at, project
from inhand_vision.images import load_image_config, prepare
from inhand_vision.rig import nominal_rig
from inhand_vision.weights import load_vision

IMAGES = load_image_config()
CAMERAS = ("camera_top", "camera_left", "camera_right")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Twelve samples with a bright blot where the object's first corner is; four of them to validate."""
    folder = tmp_path_factory.mktemp("dataset")
    rng, rig = np.random.default_rng(0), nominal_rig(IMAGES)
    for name, count in (("a", 8), ("b", 4)):
        writer = ShardWriter(folder, name, count, 3, IMAGES.size)
        samples = writer.samples
        for row in range(count):
            samples.position[row] = np.array([0.0, -0.05, 0.38]) + rng.normal(0.0, 0.01, 3)
            samples.orientation[row] = (0.0, 0.0, 0.0, 1.0)
            points = corners_at(
                OBJECTS["block"].vertices, samples.position[row : row + 1], samples.orientation[row : row + 1]
            )
            pixels = project(points, rig.matrix[None], rig.pose[None])[0]
            samples.images[row] = rng.integers(60, 90, samples.images[row].shape, np.uint8)
            for camera, (x, y) in enumerate(pixels[:, 0].round().astype(int)):
                samples.images[row, camera, max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4] = 255
        samples.camera_matrix[:], samples.camera_pose[:] = rig.matrix, rig.pose
        writer.close({"made": "by a test"})
    write_index(folder, {"a": "train", "b": "val"}, CAMERAS, {})
    return folder


def recipe(dataset, name="vision", **changes):
    """A configuration file's run, from a dataset alone and tiny."""
    small = {"render.workers": 0, "datasets": [str(dataset)], "ranks": 1, "validation": 4}
    small |= {"optimizer.batch": 2, "optimizer.batches": 4, "optimizer.warmup": 1, "optimizer.bfloat16": False}
    return load_vision_training(config_file(f"training/{name}.yaml"), {**small, **changes})


def finish(trainer):
    try:
        trainer.run()
    finally:
        trainer.close()
    return trainer


@pytest.mark.parametrize(("name", "kind"), [("vision", "keypoints"), ("vision_paper", "regression")])
def test_a_run_stops_and_goes_on_as_if_it_had_not(dataset, tmp_path, name, kind):
    once = finish(VisionTrainer(recipe(dataset, name), tmp_path / "once", "test"))
    half = recipe(dataset, name, **{"optimizer.batches": 2})
    # the schedule knows the whole length, so only the number of batches of the first part differs
    first = VisionTrainer(recipe(dataset, name), tmp_path / "twice", "test")
    first._config = dataclasses.replace(first._config, optimizer=dataclasses.replace(half.optimizer, batches=2))
    finish(first)
    assert first.progress.batches == 2
    second = VisionTrainer(recipe(dataset, name), tmp_path / "twice", "test")
    assert second.progress.batches == 2
    for a, b in zip(first.network.state_dict().values(), second.network.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    finish(second)
    assert second.progress.batches == once.progress.batches == 4 and second.progress.used == 8
    metadata, network = load_vision(second.weights)
    assert metadata.kind == kind and metadata.training["batches"] == 4
    for name, value in network.state_dict().items():
        assert torch.equal(value, second.network.state_dict()[name].contiguous()), name
    lines = [json.loads(line) for line in (tmp_path / "twice/log.jsonl").read_text().splitlines()]
    assert lines[-1]["steps"] == 4 and "rotation_deg_mean" in lines[-1] and lines[-1]["samples_per_s"] > 0


def test_ranks_share_the_batches_and_stay_alike(dataset, tmp_path):
    train(recipe(dataset, ranks=2, **{"optimizer.batch": 3}), tmp_path, "test")
    first, second = (read_checkpoint(tmp_path / "checkpoint", rank) for rank in (0, 1))
    assert first["progress"]["used"] == second["progress"]["used"] == 12
    buffers = ("running_mean", "running_var")  # of the images a rank has seen
    for name, value in first["network"].items():
        assert torch.equal(value, second["network"][name]) != name.endswith(buffers), name
    assert load_vision(tmp_path / "vision.safetensors")[0].training["batches"] == 4
    with pytest.raises(ConfigError, match="4 ranks cannot share batches of 3"):
        train(recipe(dataset, ranks=4, **{"optimizer.batch": 3}), tmp_path / "more", "test")


def test_keypoints_learn_where_a_corner_is(dataset, tmp_path):
    changes = {"optimizer.batches": 25, "optimizer.learning_rate": 0.003, "width": 16, "noise": 0.0}
    trainer = VisionTrainer(recipe(dataset, **changes), tmp_path, "test")
    losses = [trainer.update(np.random.default_rng(i)) for i in range(25)]
    trainer.close()
    assert np.mean(losses[-5:]) < 0.8 * losses[0]
    assert losses[0] == pytest.approx(np.log(2500), rel=0.15)  # an untrained map is even


def test_batches_see_what_the_node_sees(dataset):
    config = recipe(dataset, contrast=[1.0, 1.0], noise=0.0)
    data = PoseDataset(dataset, "train")
    batch = BatchMaker(config, IMAGES, None, [data]).draw(2, np.random.default_rng(3))
    inputs = {prepare(data[i]["images"][c], IMAGES).tobytes() for i in range(len(data)) for c in range(3)}
    assert {image.numpy().tobytes() for row in batch.images for image in row} <= inputs
    brightest = batch.images[0, 0].sum(0)
    y, x = divmod(int(brightest.argmax()), IMAGES.size)
    assert abs(x - batch.pixels[0, 0, 0, 0]) <= 4 and abs(y - batch.pixels[0, 0, 0, 1]) <= 4


def test_the_rate_warms_up_and_falls():
    paper = load_vision_training(config_file("training/vision_paper.yaml")).optimizer
    assert [learning_rate(paper, b) for b in (0, 19_999, 20_000, 60_000)] == [5e-4, 5e-4, 2.5e-4, 6.25e-5]
    ours = load_vision_training(config_file("training/vision.yaml")).optimizer
    rates = [learning_rate(ours, b) for b in (0, ours.warmup, ours.batches // 2, ours.batches)]
    assert rates[0] < 0.01 * rates[1] and rates[2] == pytest.approx(0.5 * ours.learning_rate) and rates[3] == 0.0


def test_states_come_from_moving_hands(tmp_path):
    config = StatesConfig(24, 8, 3, "", "none", 1)
    states = gather_states(config, "block", 0)
    assert states.shape == (24, 31) and np.isfinite(states).all()
    assert states[:8, :24].std(0).max() > 0.05 and not np.allclose(states[:8], states[8:16])
    position, orientation = object_in_world(states)
    assert (np.abs(position[:, :2]) < 0.2).all() and np.allclose(np.linalg.norm(orientation, axis=1), 1.0)
    assert not np.array_equal(states, gather_states(config, "block", 1))
    first = cached_states(tmp_path / "s.npz", config, "block", 0)
    np.testing.assert_array_equal(first, states)
    stamp = (tmp_path / "s.npz").stat().st_mtime_ns
    cached_states(tmp_path / "s.npz", config, "block", 0)
    assert (tmp_path / "s.npz").stat().st_mtime_ns == stamp
    assert len(cached_states(tmp_path / "s.npz", dataclasses.replace(config, count=8), "block", 0)) == 8


def test_bad_recipes_are_refused(dataset):
    with pytest.raises(ConfigError, match="nothing to learn from"):
        recipe(dataset, datasets=[])
    with pytest.raises(ConfigError, match="width"):
        recipe(dataset, width=0)
    with pytest.raises(ConfigError, match="unknown \\['workrs'\\]"):
        recipe(dataset, **{"render.workrs": 1})
