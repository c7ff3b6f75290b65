"""The Foxglove layout against the graph: panels, topics, types, and every field that a plot names."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from std_srvs.srv import Trigger
from support.topics import field_problem, offered

from inhand_core.paths import resource_root
from inhand_viz.model import load_hand
from inhand_viz.topics import FRAMES

LAYOUT = json.loads((resource_root() / "config" / "foxglove" / "inhand.json").read_text())
SHOWN_IN_3D = {
    "std_msgs/msg/String",
    "visualization_msgs/msg/MarkerArray",
    "sensor_msgs/msg/CameraInfo",
}
PLAIN = {"3D", "Image", "Plot", "RawMessages", "DiagnosticSummary", "StateTransitions", "CallService"}
SERVICES = {"/controller/stop": Trigger}


def panels(layout: Any) -> Iterator[str]:
    if isinstance(layout, str):
        yield layout
    else:
        for side in ("first", "second"):
            yield from panels(layout[side])


def _fields(path: str) -> tuple[str, list[str]]:
    topic, *parts = path.split(".")
    return topic, parts


def problems(document: dict[str, Any]) -> list[str]:
    """What would show nothing in Foxglove, one line each."""
    found, topics, configs = [], offered(), document["configById"]
    shown = list(panels(document["layout"]))
    found += [f"{name}: no configuration" for name in shown if name not in configs]
    found += [f"{name}: nowhere in the layout" for name in configs if shown.count(name) != 1]
    frames = {*FRAMES, *load_hand().links}
    for name, config in configs.items():
        kind = name.partition("!")[0]
        if kind not in PLAIN:
            found.append(f"{name}: unknown panel {kind}")
        for topic in config.get("topics", {}):
            if topics.get(topic) not in SHOWN_IN_3D:
                found.append(f"{name}: {topic} is {topics.get(topic)}, which the panel does not draw")
        wanted = {"imageTopic": "sensor_msgs/msg/Image", "calibrationTopic": "sensor_msgs/msg/CameraInfo"}
        for key, message in wanted.items():
            if key in config.get("imageMode", {}) and topics.get(config["imageMode"][key]) != message:
                found.append(f"{name}: {config['imageMode'][key]} is no {message}")
        paths = [path["value"] for path in config.get("paths", ())]
        paths += [config[key] for key in ("topicPath", "topicToRender") if key in config]
        found += [f"{name}: {problem}" for path in paths if (problem := field_problem(*_fields(path)))]
        if config.get("serviceName", next(iter(SERVICES))) not in SERVICES:
            found.append(f"{name}: no service {config['serviceName']}")
        named = [config["followTf"]] if "followTf" in config else []
        named += [key.removeprefix("frame:") for key in config.get("transforms", {})]
        found += [f"{name}: no frame {frame!r}" for frame in named if frame not in frames]
    return found


def test_every_panel_finds_its_topics_types_fields_and_frames() -> None:
    assert problems(LAYOUT) == []


def test_the_stop_is_in_the_layout() -> None:
    stops = [config for config in LAYOUT["configById"].values() if config.get("serviceName") == "/controller/stop"]
    assert len(stops) == 1 and stops[0]["buttonText"] == "STOP"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("/viz/goal", "/viz/gaol", "/viz/gaol is None"),
        ("/viz/goal", "/joint_states", "/joint_states is sensor_msgs/msg/JointState"),
        ("/camera_top/image_raw", "/camera_up/image_raw", "/camera_up/image_raw is no sensor_msgs/msg/Image"),
        ("/hand/action.action[3]", "/hand/action.action[20]", "action has 20 elements"),
        ("/hand/action.action[3]", "/hand/action.action", "action is double[20]"),
        ("/trial.goals_achieved", "/trial.goals", "/trial has no goals"),
        ("camera_left_optical_frame", "camera_left_frame", "no frame 'camera_left_frame'"),
        ("/controller/stop", "/controller/halt", "no service /controller/halt"),
        ("Plot!sim", "Plotter!sim", "unknown panel Plotter"),
    ],
)
def test_the_check_finds_what_is_wrong(old: str, new: str, problem: str) -> None:
    text = json.dumps(copy.deepcopy(LAYOUT))
    assert old in text
    assert any(problem in line for line in problems(json.loads(text.replace(old, new)))), problems(LAYOUT)
