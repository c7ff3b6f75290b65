"""Two whole simulated hands in one domain: each has its namespace, its clock, its frames, its own reports and stop."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rclpy.qos import QoSProfile
from std_srvs.srv import Trigger
from support.probe import Probe, in_a_trial
from support.processes import wait_for

from inhand_core.graph import load_graph
from inhand_data.bags import open_bag
from inhand_interfaces.msg import ControllerStatus

HANDS = ("left", "right")
FRAMES = {"mocap/markers": "world", "fingertips": "hand_base", "object/pose": "hand_base", "goal": "hand_base"}
STATUS = {
    "clock": "rosgraph_msgs/msg/Clock",
    "controller/status": "inhand_interfaces/msg/ControllerStatus",
    **{name: topic.message for name, topic in load_graph("realtime").topics.items()},
}
SHARED = {"diagnostics": "diagnostic_msgs/msg/DiagnosticArray", "tf": "tf2_msgs/msg/TFMessage"}
LONG = 240.0


@dataclass
class Hand:
    """A launch in a namespace, and what a probe hears of it."""

    name: str
    launched: Any
    probe: Probe
    folder: Path

    @property
    def summary(self) -> dict[str, Any]:
        """What the monitor wrote at its end."""
        return json.loads((self.folder / f"{self.name}.json").read_text())


class Inside:
    """The probe's topics as seen from a namespace."""

    def __init__(self, probe: Probe, space: str) -> None:
        self._probe, self._space = probe, space

    def newest(self, topic: str) -> Any:
        """The newest message of a topic."""
        return self._probe.newest(f"{self._space}/{topic}")


@pytest.fixture(scope="module")
def probe(domain: int) -> Iterator[Probe]:
    """Hears both hands."""
    topics = {f"{hand}/{topic}": kind for hand in HANDS for topic, kind in STATUS.items()} | SHARED
    latched = tuple(f"{hand}/{topic}" for hand in HANDS for topic in ("goal", "trial"))
    listener = Probe(domain, topics, latched, tuple(f"{hand}/controller/status" for hand in HANDS))
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def hands(launch, probe: Probe, folder: Path) -> dict[str, Hand]:
    """Both hands, in trials; the left one is recorded."""
    found = {}
    for number, name in enumerate(HANDS):
        words = [f"namespace:={name}", f"seed:={number}", "console:=false", "cameras:=off"]
        words += ["duration:=600", "patience:=20"]
        words += ["record:=true", f"bag:={folder / 'bag'}"] if name == "left" else []
        launched = launch("sim.launch.xml", *words, INHAND_SUMMARY_FILE=str(folder / f"{name}.json"))
        found[name] = Hand(name, launched, probe, folder)
    for name in HANDS:
        wait_for(
            lambda name=name: in_a_trial(Inside(probe, name)),
            LONG,
            lambda name=name: found[name].launched.output[-5000:],
        )
    return found


def test_every_topic_flows_in_both_with_frames_of_their_own(hands: dict[str, Hand], probe: Probe) -> None:
    for name in HANDS:
        for topic in STATUS:
            wait_for(lambda heard=f"{name}/{topic}": probe.heard[heard], LONG, f"{name}/{topic}")
        for topic, frame in FRAMES.items():
            frames = {message.header.frame_id for _, message in probe.heard[f"{name}/{topic}"]}
            assert frames == {f"{name}_{frame}"}, (name, topic)


def test_nothing_of_a_graph_is_outside_of_the_namespaces(hands: dict[str, Hand], probe: Probe) -> None:
    """But for what all ROS nodes share, each saying whose it is."""
    named = probe.node.get_topic_names_and_types()
    outside = {topic for topic, _ in named if not topic.startswith(("/left/", "/right/"))}
    ours = {topic for topic in outside if probe.node.get_publishers_info_by_topic(topic)}
    assert ours <= {"/tf", "/tf_static", "/diagnostics", "/rosout", "/parameter_events"}


def test_frames_of_both_are_one_tree_each_on_tf(hands: dict[str, Hand], probe: Probe) -> None:
    def frames() -> set[str]:
        messages = [message for _, message in list(probe.heard["tf"])]
        return {name for m in messages for f in m.transforms for name in (f.header.frame_id, f.child_frame_id)}

    wanted = {f"{hand}_{frame}" for hand in HANDS for frame in ("hand_base", "object", "rh_ffdistal")}
    wait_for(lambda: wanted <= frames(), LONG, lambda: str(sorted(frames())[:20]))
    assert {name.partition("_")[0] for name in frames()} == set(HANDS)


def test_every_report_says_whose_it_is(hands: dict[str, Hand], probe: Probe) -> None:
    def reporters() -> set[str]:
        return {s.name.partition(":")[0] for _, m in list(probe.heard["diagnostics"]) for s in m.status}

    wanted = {f"{hand}/{node}" for hand in HANDS for node in ("policy", "controller", "sim", "monitor")}
    wait_for(lambda: wanted <= reporters(), LONG, lambda: str(reporters()))
    assert {name.partition("/")[0] for name in reporters()} == set(HANDS)


def test_a_second_graph_in_a_namespace_is_refused(hands: dict[str, Hand], domain: int) -> None:
    command = [shutil.which("ros2"), "launch", "inhand_bringup", "sim.launch.xml", "namespace:=left"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "process started" not in said, said
    assert f"domain {domain} has a graph already" in said, said
    assert re.search(r"/left/\S+ is published by /left/(sim|controller)", said), said  # which is found first is chance


def test_a_stop_is_one_hands_alone_also_on_disk(hands: dict[str, Hand], probe: Probe, domain: int) -> None:
    assert probe.call(Trigger, "/left/controller/stop").success
    wait_for(lambda: probe.newest("left/controller/status").mode == ControllerStatus.STOPPED, LONG, "a stop")
    folder = Path(os.environ["INHAND_STATE_DIR"]) / f"domain_{domain}"
    states = {file.name: file.read_text().split("\n")[0] for file in folder.glob("*.latch")}
    assert states["left.controller.latch"] != "clear" and states["right.controller.latch"] == "clear"
    assert in_a_trial(Inside(probe, "right"))


def test_another_publisher_in_one_is_no_rival_in_the_other(hands: dict[str, Hand], probe: Probe) -> None:
    """Right's action goes on to be followed while somebody publishes beside left's."""
    message = probe.newest("left/hand/action")
    probe.publish("left/hand/action", message, QoSProfile(depth=10))
    wait_for(lambda: probe.newest("left/controller/status").refused_foreign > 0, LONG, "a refusal")
    assert probe.newest("right/controller/status").refused_foreign == 0


def test_both_end_well_and_know_their_own_graph(hands: dict[str, Hand]) -> None:
    for hand in hands.values():
        hand.launched.process.send_signal(2)
    for hand in hands.values():
        assert hand.launched.process.wait(60.0) == 0, hand.launched.output[-5000:]
        assert "Traceback (most recent call last)" not in hand.launched.output
        assert hand.summary["received"]["/hand/action"] > 0 and hand.summary["first_action_s"] is not None
        assert hand.summary["marker_to_motor_ms"]["n"] > 0


def test_the_recording_of_one_is_of_one(hands: dict[str, Hand], folder: Path) -> None:
    with open_bag(folder / "bag") as bag:
        assert bag.namespace == "/left"
        assert {"/hand/action", "/mocap/markers", "/object/pose", "/tf", "/diagnostics"} <= set(bag.topics)
        assert not [topic for topic in bag.topics if "right" in topic]
