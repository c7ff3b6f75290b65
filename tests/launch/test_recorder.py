"""The recorder node: nothing of three cameras and the motion capture is lost, and its lifecycle does what it says."""

from __future__ import annotations

import json
import signal
import time

import pytest
import yaml
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader
from std_msgs.msg import String
from support.probe import Probe
from support.processes import executable, wait_for

from inhand_bench.record.commands import run
from inhand_data.bags import open_bag
from inhand_data.repair import repair_bag


def test_three_cameras_and_markers_are_recorded_without_a_gap(tmp_path):
    result = run(3.0, tmp_path / "bag", "lz4")
    assert {topic: sent - kept for topic, (sent, kept) in result["topics"].items()} == dict.fromkeys(
        result["topics"], 0
    )
    assert result["topics"]["/mocap/markers"] == (720, 720)
    told = yaml.safe_load((tmp_path / "bag/metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert told["custom_data"] == {"numbered by publisher": "yes"}


@pytest.fixture
def probe(domain):
    listener = Probe(domain, {"diagnostics": "diagnostic_msgs/msg/DiagnosticArray"})
    yield listener
    listener.close()


def test_a_paused_recorder_writes_nothing(processes, probe, tmp_path):
    bag = tmp_path / "bag"
    recorder = processes.start("recorder", [executable("inhand_ros/recorder_node"), "--ros-args", "-p", f"bag:={bag}"])
    publisher = probe.node.create_publisher(String, "words", 100)

    def change(transition: int) -> None:
        request = Transition(id=transition)
        assert probe.call(ChangeState, "recorder/change_state", transition=request).success

    def say(text: str, heard: bool) -> None:
        if heard:
            wait_for(publisher.get_subscription_count, 30.0, processes.logs)
            time.sleep(0.5)
        publisher.publish(String(data=text))
        time.sleep(0.3)

    say("one", True)
    change(Transition.TRANSITION_DEACTIVATE)
    wait_for(lambda: not publisher.get_subscription_count(), 20.0, processes.logs)
    say("two", False)
    change(Transition.TRANSITION_ACTIVATE)
    say("three", True)
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(20.0) == 0
    told = yaml.safe_load((bag / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    counts = {t["topic_metadata"]["name"]: t["message_count"] for t in told["topics_with_message_count"]}
    assert counts["/words"] == 2
    assert "recorded" in processes.log("recorder") and ", 0 missing" in processes.log("recorder")


def test_a_full_disk_ends_the_recording_with_an_error_and_a_bag(processes, probe, tmp_path):
    bag = tmp_path / "bag"
    arguments = ["-p", f"bag:={bag}", "-p", "keep_free_mb:=1.0e9"]
    recorder = processes.start("recorder", [executable("inhand_ros/recorder_node"), "--ros-args", *arguments])
    publisher = probe.node.create_publisher(String, "words", 100)
    wait_for(publisher.get_subscription_count, 30.0, processes.logs)
    time.sleep(0.5)
    publisher.publish(String(data="one"))
    wait_for(lambda: "MiB free on the disk" in processes.log("recorder"), 20.0, processes.logs)

    def reported() -> list[str]:
        return [status.message for _, m in list(probe.heard["diagnostics"]) for status in m.status]

    wait_for(lambda: any("recording has ended" in text for text in reported()), 20.0, lambda: str(reported()))
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(20.0) == 1
    assert "asked to record, but nothing was recorded" in processes.log("recorder")
    assert (bag / "metadata.yaml").is_file()


def words(bag) -> list[str]:
    """What was said, as our reader finds it."""
    with open_bag(bag) as reader:
        return [message.data for _, message in reader.messages(["/words"])]


def test_a_killed_recorder_leaves_what_came_more_than_a_second_before(processes, probe, tmp_path):
    bag = tmp_path / "bag"
    arguments = ["--ros-args", "-p", f"bag:={bag}", "-p", "compression:=none"]  # so that the test sees what is there
    recorder = processes.start("recorder", [executable("inhand_ros/recorder_node"), *arguments])
    publisher = probe.node.create_publisher(String, "words", 100)
    wait_for(publisher.get_subscription_count, 30.0, processes.logs)
    time.sleep(0.5)
    for number in range(20):
        publisher.publish(String(data=f"word {number}"))
        time.sleep(0.01)
    # A second and a half would do; a busy machine may let the recorder wait for the core as long as it likes.
    wait_for(lambda: [path for path in bag.glob("*.mcap") if b"word 19" in path.read_bytes()], 60.0, processes.logs)
    recorder.kill()
    recorder.wait(20.0)
    assert not (bag / "metadata.yaml").exists()
    assert words(bag) == [f"word {number}" for number in range(20)]
    assert repair_bag(bag).messages >= 20
    with AnyReader([bag]) as reader:
        chosen = [c for c in reader.connections if c.topic == "/words"]
        assert len(list(reader.messages(chosen))) == 20
    with open_bag(bag) as reader:
        assert reader.problems == []


def test_a_bag_is_like_rosbag2_s(processes, probe, tmp_path):
    """Hashes of the types, the metadata record, no anchors; and the hashes are those of the definitions."""
    bag = tmp_path / "bag"
    arguments = ["--ros-args", "-p", f"bag:={bag}", "-p", "compression:=none"]  # so that the test sees what is there
    recorder = processes.start("recorder", [executable("inhand_ros/recorder_node"), *arguments])
    publisher = probe.node.create_publisher(String, "words", 100)
    wait_for(publisher.get_subscription_count, 30.0, processes.logs)
    time.sleep(0.5)
    publisher.publish(String(data="one"))
    wait_for(lambda: "std_msgs" in str([p.read_bytes() for p in bag.glob("*.mcap")]), 60.0, processes.logs)
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(20.0) == 0
    text = (bag / "metadata.yaml").read_text()
    assert "&id" not in text and "*id" not in text
    told = yaml.safe_load(text)["rosbag2_bagfile_information"]
    topics = [row["topic_metadata"] for row in told["topics_with_message_count"]]
    hashes = {topic["name"]: topic["type_description_hash"] for topic in topics}
    assert all(digest.startswith("RIHS01_") and len(digest) == 71 for digest in hashes.values())
    with next(bag.glob("*.mcap")).open("rb") as file:
        reader = make_reader(file)
        channels = reader.get_summary().channels.values()
        assert {c.topic: c.metadata["topic_type_hash"] for c in channels} == {
            c.topic: hashes[c.topic] for c in channels
        }
        (record,) = [m for m in reader.iter_metadata() if m.name == "rosbag2"]
    inside = yaml.safe_load(record.metadata["serialized_metadata"])
    assert inside["ros_distro"] == told["ros_distro"] and inside["message_count"] == told["message_count"]
    with AnyReader([bag]) as reader:  # which computes the hashes from the definitions, and compares
        assert {c.topic: c.digest for c in reader.connections}["/words"] == hashes["/words"]


def test_a_recorder_that_cannot_begin_ends_with_an_error(processes, tmp_path):
    (tmp_path / "bag").mkdir()
    arguments = ["--ros-args", "-p", f"bag:={tmp_path / 'bag'}"]
    recorder = processes.start(
        "recorder", [executable("inhand_ros/recorder_node"), *arguments], INHAND_RECORDING_FILE=str(tmp_path / "takes")
    )
    assert recorder.wait(60.0) == 2
    assert "exists" in json.loads((tmp_path / "takes").read_text())["error"]
