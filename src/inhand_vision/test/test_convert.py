"""A bag with known faults becomes the dataset that it should, once, and goes on after an interruption."""

import json
from dataclasses import replace

import numpy as np
import pytest
from bag_maker import SECOND, BagMaker
from lens_bags import lens_bag, picture
from scipy.spatial.transform import Rotation

from inhand_core.config import ConfigError
from inhand_data.bags import BagError
from inhand_description.cameras import nominal_info, nominal_pose
from inhand_description.scene import CAMERAS
from inhand_vision.datasets.bag_index import IMAGE_TOPICS
from inhand_vision.datasets.commands import from_bag
from inhand_vision.datasets.convert import ConvertConfig, convert, split_trials
from inhand_vision.datasets.files import DatasetError, PoseDataset
from inhand_vision.datasets.sync import SyncConfig
from inhand_vision.images import input_matrix, load_image_config
from inhand_vision.rig import base_pose

MS, START, FRAMES = 1_000_000, 50 * SECOND, 24
PERIOD = 33 * MS
LOST = (7, 15)  # frames that camera 1 and camera 2 left out
HIDDEN = range(18, 20)  # frames around which the object was not tracked


def truth(stamp_ns):
    """The object moves straight on and turns about one axis at constant speed."""
    seconds = (stamp_ns - START) / SECOND
    return np.array([0.01, -0.05, 0.38]) + 0.1 * seconds, Rotation.from_rotvec([0.0, 2.0 * seconds, 0.0]).as_quat()


def config(**changes):
    return replace(ConvertConfig(load_image_config(), SyncConfig()), **changes)


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """24 frames of three cameras, 0.1 ms apart, grey value = frame; poses at 80 Hz; trials 3 and 4 with a pause."""
    folder = tmp_path_factory.mktemp("bags") / "run"
    maker = BagMaker(folder)
    for number in range(70):
        stamp = START + number * 25 * MS // 2
        hidden = START + HIDDEN.start * PERIOD - 5 * MS <= stamp <= START + (HIDDEN.stop - 1) * PERIOD + 5 * MS
        maker.pose(stamp, number, *truth(stamp), valid=not hidden)
    for number, (frame, trial, state) in enumerate([(2, 3, 1), (10, 3, 2), (12, 4, 1)]):
        maker.trial(START + frame * PERIOD, number, trial, state)
    for frame in range(FRAMES):
        for camera, topic in enumerate(IMAGE_TOPICS):
            if not (camera and LOST[camera - 1] == frame):
                maker.image(topic, START + frame * PERIOD + camera * MS // 10, 10 * camera + frame)
    maker.close()
    return folder


def test_samples_are_what_was_seen_at_their_stamps(bag, tmp_path):
    report = convert([bag], tmp_path, config(val_fraction=0.5))["bags"]["run"]
    dataset = PoseDataset(tmp_path)
    # frames 2 and 12 are their trials' first: the pose before them was measured before the trial
    frames = [f for f in (*range(3, 10), *range(13, FRAMES)) if f not in LOST and f not in HIDDEN]
    assert [int(dataset[i]["images"][0, 100, 100, 0]) for i in range(len(dataset))] == frames
    for i, frame in enumerate(frames):
        item = dataset[i]
        assert [int(item["images"][c].max()) for c in range(3)] == [frame, 10 + frame, 20 + frame]
        assert item["stamp_ns"].tolist() == [START + frame * PERIOD + d for d in (0, 0, MS // 10, MS // 5)]
        position, orientation = truth(START + frame * PERIOD)
        np.testing.assert_allclose(item["position"], position, atol=1e-9)
        turn = Rotation.from_quat(orientation).inv() * Rotation.from_quat(item["orientation"])
        assert turn.magnitude() < 1e-7
    assert report["samples"] == len(frames) and report["reference_frames"] == FRAMES
    assert report["outside_of_trials"] == 3 and report["without_label"] == len({*HIDDEN, 2, 10, 12})
    cameras = list(report["cameras"].values())
    assert [c["missing by stamps"] for c in cameras] == [0, 1, 1] and [c["dropped"] for c in cameras] == [None] * 3
    assert [c["stale"] for c in cameras] == [0, 1, 1]
    assert sum(report["poses_rejected"].values()) > 0


def test_cameras_without_calibration_are_those_of_the_description(bag, tmp_path):
    convert([bag], tmp_path, config())
    item = PoseDataset(tmp_path)[0]
    for index, row in enumerate(CAMERAS):
        expected = input_matrix(nominal_info(row).matrix, row.resolution, load_image_config())
        np.testing.assert_allclose(item["camera_matrix"][index], expected, rtol=1e-6)
        pose = np.linalg.inv(base_pose()) @ nominal_pose(row).matrix
        np.testing.assert_allclose(item["camera_pose"][index], pose, atol=1e-6)


def test_trials_are_split_whole_and_kept_when_run_again(bag, tmp_path):
    first = convert([bag], tmp_path, config(val_fraction=0.5))
    assert sorted(first["split"].values()) == ["train", "val"]
    ids = {split: set(PoseDataset(tmp_path, split).gather(range(4)).stamp_ns[:, 0]) for split in ("train", "val")}
    assert not ids["train"] & ids["val"]
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/images.npy")}
    torn = sorted(written)[0].parent
    (torn / "shard.json").unlink()
    passes = []
    again = convert([bag], tmp_path, config(val_fraction=0.5), lambda *a: passes.append(a))
    assert again == first and passes[-1][1] == passes[-1][2]
    changed = {path for path, then in written.items() if path.stat().st_mtime_ns != then}
    assert changed == {torn / "images.npy"}
    passes.clear()
    convert([bag], tmp_path, config(val_fraction=0.5), lambda *a: passes.append(a))
    assert not passes


def test_the_command_reports_and_makes_what_torch_reads(bag, tmp_path, capsys):
    import torch

    from_bag((bag,), tmp_path / "out", every=2, idle=True)
    assert "samples of 12 reference frames" in capsys.readouterr().out
    dataset = PoseDataset(tmp_path / "out")
    batch = next(iter(torch.utils.data.DataLoader(dataset, batch_size=4, shuffle=True)))
    size = load_image_config().size
    assert batch["images"].shape == (4, 3, size, size, 3) and batch["images"].dtype == torch.uint8
    assert batch["orientation"].shape == (4, 4)
    assert json.loads((tmp_path / "out/index.json").read_text())["cameras"] == [f"camera_{row.name}" for row in CAMERAS]


def test_what_cannot_be_used_is_refused(bag, tmp_path):
    with pytest.raises(BagError, match="no messages of .*sim/object_pose"):
        convert([bag], tmp_path, config(label_topic="/sim/object_pose"))
    with pytest.raises(BagError, match="same name"):
        convert([bag, bag], tmp_path, config())
    with pytest.raises(ConfigError, match="reference"):
        config(reference="/nothing")
    with pytest.raises(DatasetError, match="run it again"):
        PoseDataset(tmp_path / "none")
    vision = BagMaker(tmp_path / "vision")
    for topic in IMAGE_TOPICS:
        vision.image(topic, START, 0)
    vision.pose(START, 0, (0, 0, 0), source="vision")
    vision.close()
    with pytest.raises(BagError, match="no sample"):
        convert([tmp_path / "vision"], tmp_path / "out", config())


def test_a_split_keeps_a_trial_to_train_and_does_not_depend_on_order():
    names = [f"bag-{i:05d}" for i in range(20)]
    split = split_trials(names, 0.25)
    assert sum(kind == "val" for kind in split.values()) == 5
    assert split_trials(names[::-1], 0.25) == split
    assert split_trials(names[:1], 0.5) == {names[0]: "train"}
    assert set(split_trials(names, 0.0).values()) == {"train"}


NAN = float("nan")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"position": (NAN, 0.0, 0.3)}, "NaN or infinity"),
        ({"orientation": (0.0, NAN, 0.0, 1.0)}, "NaN or infinity"),
        ({"orientation": (0.0, 0.0, 0.0, 0.0)}, "quaternion of length 0"),
        ({"position": (1e30, 0.0, 0.0)}, "position beyond 100 m"),
    ],
)
def test_a_pose_that_cannot_be_true_is_dropped_and_counted(tmp_path, bad, reason):
    maker = BagMaker(tmp_path / "run")
    for number in range(70):
        fields = {"position": (0.0, 0.0, 0.3), "orientation": (0.0, 0.0, 0.0, -2.0)}  # of length 2: made one
        maker.pose(START + number * 25 * MS // 2, number, **{**fields, **(bad if number == 30 else {})})
    for frame in range(FRAMES):
        for topic in IMAGE_TOPICS:
            maker.image(topic, START + frame * PERIOD, frame)
    maker.close()
    report = convert([tmp_path / "run"], tmp_path / "out", config(idle=True))["bags"]["run"]
    assert report["poses_rejected"] == {reason: 1}
    dataset = PoseDataset(tmp_path / "out")
    samples = dataset.gather(range(len(dataset)))
    assert np.isfinite(samples.position).all() and np.allclose(samples.position, [0.0, 0.0, 0.3])
    np.testing.assert_allclose(np.abs(samples.orientation), np.tile([0.0, 0.0, 0.0, 1.0], (len(dataset), 1)))
    assert 15 < len(dataset) <= FRAMES


def sample(folder, out):
    convert([folder], out, config(idle=True))
    return PoseDataset(out)[0]


@pytest.mark.parametrize("roi", [(160, 80, 400, 400), (120, 20, 500, 440)])
def test_a_region_of_interest_reaches_the_dataset(tmp_path, roi):
    x, y, wide, high = roi
    whole = sample(lens_bag(tmp_path / "whole", picture()), tmp_path / "a")
    part = sample(lens_bag(tmp_path / "part", picture()[y : y + high, x : x + wide], roi=roi), tmp_path / "b")
    shift = (whole["camera_matrix"] - part["camera_matrix"])[:, :2, 2] * 2  # pixels of the camera
    at_x, at_y = (min(max(full - offset, 0), side - 400) for full, offset, side in ((120, x, wide), (40, y, high)))
    np.testing.assert_allclose(shift, np.tile([x + at_x - 120, y + at_y - 40], (3, 1)), atol=1e-3)
    if roi == (120, 20, 500, 440):
        np.testing.assert_array_equal(part["images"], whole["images"])


def test_binning_reaches_the_dataset(tmp_path):
    image = picture()
    binned = image.reshape(240, 2, 320, 2, 3).astype(float).mean(axis=(1, 3)).round().astype(np.uint8)
    whole = sample(lens_bag(tmp_path / "whole", image), tmp_path / "a")
    part = sample(lens_bag(tmp_path / "binned", binned, binning_x=2, binning_y=2), tmp_path / "b")
    np.testing.assert_allclose(part["camera_matrix"], whole["camera_matrix"], rtol=1e-6)
    assert np.abs(part["images"].astype(int) - whole["images"]).max() <= 1


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({"distortion_model": "equidistant", "d": np.array([-0.02, 0.01, -0.003, 0.001])}, None),
        ({"distortion_model": "rational_polynomial", "d": np.full(8, 0.01)}, None),
        ({"distortion_model": "equidistant", "d": np.zeros(5)}, "camera_info: .*equidistant has 4"),
        ({"distortion_model": "plumb_bob", "d": np.zeros(6)}, "camera_info: .*found 6"),
        ({"distortion_model": "kannala", "d": np.zeros(4)}, "camera_info: .*'kannala' is not one of"),
        ({"width": 320, "height": 240}, "image_raw: .*smaller than the crop"),
        ({"width": 1280, "height": 960}, "image_raw: image 0: .*640 x 480 px, but camera_info says 1280 x 960"),
    ],
)
def test_lenses_are_taken_out_or_refused_by_bag_topic_and_name(tmp_path, info, words):
    folder = lens_bag(tmp_path / "run", picture(), **info)
    if words is None:
        plain = sample(lens_bag(tmp_path / "plain", picture()), tmp_path / "a")
        assert not np.array_equal(sample(folder, tmp_path / "b")["images"], plain["images"])
        return
    with pytest.raises(BagError, match=f"run: .*{words}"):
        sample(folder, tmp_path / "b")
