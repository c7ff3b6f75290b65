"""The Foxglove layout against the graph: panels, topics, types, and every field that a plot names."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from std_srvs.srv import Trigger

from inhand_console.nodes.feed import CAMERA_TOPICS, SIDE_TOPICS, STATUS_TOPICS
from inhand_core import load_graph
from inhand_core.paths import resource_root
from inhand_ros.messages import message_class
from inhand_viz.model import load_hand
from inhand_viz.topics import FRAMES, VIZ_TOPICS

LAYOUT = json.loads((resource_root() / "config" / "foxglove" / "inhand.json").read_text())
SHOWN_IN_3D = {
    "std_msgs/msg/String",
    "visualization_msgs/msg/MarkerArray",
    "sensor_msgs/msg/CameraInfo",
}
PLAIN = {"3D", "Image", "Plot", "RawMessages", "DiagnosticSummary", "StateTransitions", "CallService"}
SERVICES = {"/controller/stop": Trigger}


def offered() -> dict[str, str]:
    """Topic -> type of everything that somebody publishes."""
    graph = {name: entry.message for name, entry in load_graph("realtime").topics.items()}
    graph |= {name: entry.message for name, entry in VIZ_TOPICS.items()}
    graph |= {name: kind for name, (kind, _) in (STATUS_TOPICS | SIDE_TOPICS | CAMERA_TOPICS).items()}
    return {f"/{name.lstrip('/')}": kind for name, kind in graph.items()}


def panels(layout: Any) -> Iterator[str]:
    if isinstance(layout, str):
        yield layout
    else:
        for side in ("first", "second"):
            yield from panels(layout[side])


def field_problem(path: str) -> str | None:
    """Why "/topic.field[3].part" can be read from no message; None where it can."""
    topic, *parts = path.split(".")
    if topic not in offered():
        return f"nobody publishes {topic}"
    message = message_class(offered()[topic])
    for part in parts:
        name, index = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", part).groups()
        fields = message.get_fields_and_field_types()
        if name not in fields:
            return f"{topic} has no {name}; it has {sorted(fields)}"
        kind, size = fields[name], re.search(r"\[(\d+)\]", fields[name])
        many = size is not None or kind.startswith("sequence")
        if many != (index is not None):
            return f"{path}: {name} is {kind}"
        if size is not None and int(index) >= int(size[1]):
            return f"{path}: {name} has {size[1]} elements"
        if "/" in kind:
            package, _, last = re.sub(r"sequence<|>|\[\d+\]", "", kind).partition("/")
            message = message_class(f"{package}/msg/{last}")
    return None


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
        found += [f"{name}: {problem}" for path in paths if (problem := field_problem(path))]
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
