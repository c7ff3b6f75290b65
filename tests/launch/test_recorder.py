"""The recorder node: nothing of three cameras and the motion capture is lost, and its lifecycle does what it says."""

from __future__ import annotations

import signal
import time

import pytest
import yaml
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from std_msgs.msg import String
from support.probe import Probe
from support.processes import executable, wait_for

from inhand_ros.bench import run


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
    recorder.wait(20.0)
    assert (bag / "metadata.yaml").is_file()
