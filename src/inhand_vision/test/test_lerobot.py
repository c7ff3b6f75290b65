"""A bag with known signals becomes the LeRobot dataset that it should, opened by pyarrow and as video."""

import json

import cv2
import numpy as np
import pyarrow.parquet as parquet
import pytest
from bag_maker import SECOND, BagMaker

from inhand_core.config import ConfigError
from inhand_core.signals import TrialState
from inhand_data.bags import BagError
from inhand_description import JOINT_NAMES
from inhand_vision.datasets.bag_index import IMAGE_TOPICS
from inhand_vision.datasets.commands import export
from inhand_vision.datasets.convert import ConvertConfig, convert
from inhand_vision.datasets.files import PoseDataset
from inhand_vision.datasets.lerobot import export_lerobot
from inhand_vision.datasets.signals import ARRAYS, SOURCES
from inhand_vision.datasets.sync import SyncConfig
from inhand_vision.images import load_image_config

MS, START, FRAMES, FPS = 1_000_000, 50 * SECOND, 40, 30
PERIOD = SECOND // FPS
RUNNING, ENDED = int(TrialState.RUNNING), int(TrialState.ENDED)
TRIALS = (range(3, 15), range(20, 36))  # frames of trials 3 and 4
EPISODES = (range(5, 15), range(22, 36))  # … from their first action on
LOST = 8  # a frame that the second camera left out


def make(folder, topics=None, joints=JOINT_NAMES):
    """40 frames at 30 Hz of grey value 6 x frame; joints, tips, poses every 5 ms whose numbers are their stamps [s]."""
    maker, names = BagMaker(folder), list(joints)
    kinds = {name: maker.store.types[f"inhand_interfaces/msg/{name}"] for name in ("Fingertips", "HandAction", "Goal")}
    events = []
    for number in range(1 + FRAMES * PERIOD // (5 * MS)):
        stamp = START + number * 5 * MS
        seconds = (stamp - START) / SECOND

        def signals(stamp=stamp, seconds=seconds, number=number):
            joints = maker.store.types["sensor_msgs/msg/JointState"](
                header=maker.header(stamp),
                name=names[::-1],
                position=np.arange(float(len(names)))[::-1] + seconds,
                velocity=np.full(len(names), seconds),
                effort=np.zeros(len(names)),
            )
            maker.write("/joint_states", joints, stamp)
            tips = [maker.type("geometry_msgs/msg/Point", x=float(i), y=seconds, z=0.0) for i in range(5)]
            message = kinds["Fingertips"](
                header=maker.header(stamp), sequence=number, position=tips, valid=np.ones(5, bool), age=np.zeros(5)
            )
            maker.write("/fingertips", message, stamp)
            maker.pose(stamp, number, (seconds, 0.0, 0.0))

        events.append((stamp, signals))
    for number in range(1 + FRAMES * PERIOD // (80 * MS)):
        stamp = START + number * 80 * MS

        def action(stamp=stamp, number=number):
            values = {"action": np.full(20, number / 100), "bins": np.zeros(0, np.uint8)}
            message = kinds["HandAction"](header=maker.header(stamp), sequence=number, trial_id=0, **values)
            maker.write("/policy/action", message, stamp)

        events.append((stamp, action))
    for number, frame in enumerate((0, 25)):

        def goal(stamp=START + frame * PERIOD - MS, number=number):
            turn = maker.type("geometry_msgs/msg/Quaternion", x=float(number), y=0.0, z=0.0, w=1.0 - number)
            values = {"goal_id": number, "orientation": turn, "object": "block"}
            message = kinds["Goal"](header=maker.header(stamp), sequence=number, trial_id=0, **values)
            maker.write("/goal", message, stamp)

        events.append((START + frame * PERIOD - MS, goal))
    for number, (frame, trial, state) in enumerate(((3, 3, RUNNING), (15, 3, ENDED), (20, 4, RUNNING), (36, 4, ENDED))):
        stamp = START + frame * PERIOD - MS
        events.append((stamp, lambda s=stamp, n=number, t=trial, w=state: maker.trial(s, n, t, w)))
    for frame in range(FRAMES):
        for camera, topic in enumerate(IMAGE_TOPICS):
            if not (camera == 1 and frame == LOST) and (topics is None or topic in topics):
                stamp = START + frame * PERIOD + camera * MS // 10
                events.append((stamp, lambda t=topic, s=stamp, f=frame: maker.image(t, s, 6 * f)))
    for _, event in sorted(events, key=lambda item: item[0]):
        event()
    maker.close()
    return folder


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lerobot")
    info = export_lerobot([make(folder / "bag")], folder / "data")
    return folder / "data", info


def read(dataset, pattern):
    return parquet.read_table(dataset[0] / pattern.format(chunk_index=0, file_index=0)).to_pylist()


def test_info_says_what_there_is(dataset):
    info = json.loads((dataset[0] / "meta/info.json").read_text())
    frames = sum(len(episode) for episode in EPISODES) - 1
    assert (info["codebase_version"], info["fps"], info["total_episodes"]) == ("v3.0", FPS, 2)
    assert info["total_frames"] == frames and dataset[1]["left_out"] == 5 and info["total_tasks"] == 2
    assert info["features"]["observation.images.top"]["shape"] == [480, 640, 3]
    assert info["features"]["observation.state"]["names"] == list(JOINT_NAMES)
    assert info["splits"] == {"train": "0:2"}
    columns = parquet.read_schema(dataset[0] / info["data_path"].format(chunk_index=0, file_index=0)).names
    assert set(columns) == {name for name in info["features"] if "images" not in name}


def test_rows_hold_the_signals_as_of_their_image_and_trials_are_episodes(dataset):
    rows = read(dataset, dataset[1]["data_path"])
    expected = [frame for episode in EPISODES for frame in episode if frame != LOST]
    assert [row["index"] for row in rows] == list(range(len(expected)))
    for row, frame in zip(rows, expected, strict=True):
        stamp = START + frame * PERIOD
        assert row["stamp_ns"] == stamp
        newest = (stamp - START) // (5 * MS) * 0.005
        assert np.allclose(row["observation.state"], np.arange(24) + newest, atol=1e-5)
        assert np.allclose(row["observation.velocity"], newest, atol=1e-6)
        assert np.allclose(row["observation.fingertips"][3:5], [1.0, newest], atol=1e-6)
        assert row["observation.object_pose"] == pytest.approx([newest, 0, 0, 0, 0, 0, 1], abs=1e-6)
        assert np.allclose(row["action"], (stamp - START) // (80 * MS) / 100)
        assert row["observation.goal"] == ([1, 0, 0, 0] if frame >= 25 else [0, 0, 0, 1])
        assert row["task_index"] == int(frame >= 25) and row["episode_index"] == int(frame >= 20)
        assert row["timestamp"] == pytest.approx(row["frame_index"] / FPS)


def test_episodes_and_tasks_point_into_the_data(dataset):
    first, second = read(dataset, "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet")
    assert (first["dataset_from_index"], first["dataset_to_index"], first["length"]) == (0, 9, 9)
    assert (second["dataset_from_index"], second["dataset_to_index"]) == (9, 23)
    assert second["videos/observation.images.left/from_timestamp"] == pytest.approx(9 / FPS)
    assert first["tasks"] == ["turn the block to (x, y, z, w) = (0.000, 0.000, 0.000, 1.000)"]
    assert len(second["tasks"]) == 2 and len(first["stats/action/mean"]) == 20
    tasks = parquet.read_table(dataset[0] / "meta/tasks.parquet")
    assert tasks.column("task").to_pylist() == second["tasks"]
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["task"]


def test_videos_hold_the_images_of_the_rows(dataset):
    expected = [frame for episode in EPISODES for frame in episode if frame != LOST]
    for camera in ("top", "left", "right"):
        path = dataset[1]["video_path"].format(video_key=f"observation.images.{camera}", chunk_index=0, file_index=0)
        film = cv2.VideoCapture(str(dataset[0] / path))
        assert film.get(cv2.CAP_PROP_FPS) == FPS
        values = []
        while (read := film.read())[0]:
            values.append(read[1].mean())
        assert np.allclose(values, [6 * frame for frame in expected], atol=4.0)


def test_statistics_cover_every_feature(dataset):
    stats = json.loads((dataset[0] / "meta/stats.json").read_text())
    info = json.loads((dataset[0] / "meta/info.json").read_text())
    assert set(stats) == set(info["features"])
    assert np.shape(stats["observation.images.top"]["mean"]) == (3, 1, 1)
    top = stats["observation.images.top"]
    assert 0.0 <= np.min(top["min"]) <= np.max(top["max"]) <= 1.0
    assert len(stats["observation.state"]["std"]) == len(SOURCES["observation.state"].names)


def test_the_projects_own_format_holds_the_same_signals(dataset, tmp_path):
    """Row by row as LeRobot's; and where no action of the trial is in force yet, the action is NaN."""
    convert([dataset[0].parent / "bag"], tmp_path, ConvertConfig(load_image_config(), SyncConfig(), val_fraction=0.0))
    own, rows = PoseDataset(tmp_path), {row["stamp_ns"]: row for row in read(dataset, dataset[1]["data_path"])}
    assert own.signals == tuple(ARRAYS)
    # a trial's first frame has no label here: the pose before it was measured before the trial
    stamps = [START + frame * PERIOD for trial in TRIALS for frame in trial[1:] if frame != LOST]
    assert [int(own[i]["stamp_ns"][0]) for i in range(len(own))] == stamps
    for i, stamp in enumerate(stamps):
        item, acts = own[i], stamp in rows
        assert np.isnan(item["action"]).all() == (not acts)
        assert all(np.isfinite(item[name]).all() for name in ARRAYS if name != "action")
        for name, (signal, shape) in ARRAYS.items():
            assert item[name].shape == shape and item[name].dtype == np.float32
            assert not acts or np.allclose(item[name].ravel(), rows[stamp][signal], atol=1e-6)
    report = own.index["report"]["bag"]["signals"]
    assert report == {**dict.fromkeys(ARRAYS, len(stamps)), "action": len(rows)}
    assert "signals" not in vars(own.gather([0, 1]))  # what trains an estimator are images and poses alone


def test_a_foreign_joint_state_is_no_signal_and_no_end(tmp_path):
    names = ("/joint_states", "joint_position")
    folder = make(tmp_path / "bag", joints=["finger_1", "finger_2"])
    convert([folder], tmp_path / "own", ConvertConfig(load_image_config(), SyncConfig(), val_fraction=0.0))
    own = PoseDataset(tmp_path / "own")
    assert np.isnan(own[0][names[1]]).all() and np.isfinite(own[0]["goal"]).all()
    with pytest.raises(BagError, match="no image within a running trial has all signals"):
        export_lerobot([folder], tmp_path / "lerobot")


def test_the_command_counts_and_refuses(dataset, tmp_path, capsys):
    bag = dataset[0].parent / "bag"
    export((bag, bag), tmp_path / "twice")
    assert "4 episodes, 46 frames, 2 tasks at 30 Hz; 10 frames left out" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="exists"):
        export((bag,), tmp_path / "twice")
    with pytest.raises(BagError, match=r"no messages of \['/camera_left/image_raw'"):
        export((make(tmp_path / "less", topics=IMAGE_TOPICS[:1]),), tmp_path / "less_data")
