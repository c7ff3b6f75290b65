"""RViz configurations against what graph and state publisher offer: topics, types, quality of service, frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from inhand_core import load_graph
from inhand_core.paths import resource_root
from inhand_description.cameras import CAMERA_NAMES
from inhand_viz.model import load_hand
from inhand_viz.topics import FRAMES, POSE, VIZ_TOPICS, WORLD

FILES = sorted((resource_root() / "config" / "rviz").glob("*.rviz"))
PLUGINS = {
    "rviz_default_plugins/RobotModel": "std_msgs/msg/String",
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/Image": "sensor_msgs/msg/Image",
    "rviz_default_plugins/Camera": "sensor_msgs/msg/Image",
    "rviz_default_plugins/TF": None,
    "rviz_default_plugins/Grid": None,
    "rviz_default_plugins/Axes": None,
}
"""Display plugin -> type of the topic it reads; None: it reads none of its own."""


def offered() -> dict[str, tuple[str, bool]]:
    """Topic -> type and whether it is latched, of everything that somebody publishes reliably."""
    graph = {name: (topic.message, topic.on_change) for name, topic in load_graph("realtime").topics.items()}
    cameras = {f"{name}/image_raw": ("sensor_msgs/msg/Image", False) for name in CAMERA_NAMES}
    return graph | cameras | {name: (topic.message, topic.latched) for name, topic in VIZ_TOPICS.items()}


def displays(config: dict[str, Any]) -> list[dict[str, Any]]:
    return config["Visualization Manager"]["Displays"]


def topic_of(display: dict[str, Any]) -> dict[str, Any] | None:
    return display.get("Description Topic") or display.get("Topic")


def frames_of(config: dict[str, Any]) -> Iterator[str]:
    manager = config["Visualization Manager"]
    yield manager["Global Options"]["Fixed Frame"]
    yield manager["Views"]["Current"]["Target Frame"]
    for display in displays(config):
        if "Reference Frame" in display:
            yield display["Reference Frame"]
        yield from (name for name in display.get("Frames", {}) if name != "All Enabled")


def problems(config: dict[str, Any]) -> list[str]:
    """What would show nothing in RViz, one line each."""
    found, topics = [], offered()
    known_frames = {*FRAMES, *load_hand().links}
    names = {display["Name"] for display in displays(config)}
    for display in displays(config):
        name, kind = display["Name"], display["Class"]
        found += [f"{name}: shows no display {other!r}" for other in _overlaid(display) if other not in names]
        if kind not in PLUGINS:
            found.append(f"{name}: unknown plugin {kind}")
            continue
        topic = topic_of(display)
        if (PLUGINS[kind] is None) != (topic is None):
            found.append(f"{name}: needs a topic" if topic is None else f"{name}: reads no topic")
        if topic is None:
            continue
        message, latched = topics.get(topic["Value"].lstrip("/"), (None, False))
        if message is None:
            found.append(f"{name}: nobody publishes {topic['Value']}")
        elif message != PLUGINS[kind]:
            found.append(f"{name}: {topic['Value']} is {message}, the display reads {PLUGINS[kind]}")
        elif topic["Durability Policy"] != ("Transient Local" if latched else "Volatile"):
            found.append(f"{name}: durability {topic['Durability Policy']}, but latched is {latched}")
        elif latched and topic["Reliability Policy"] != "Reliable":
            found.append(f"{name}: a latched topic is kept for reliable readers only")
        elif topic["Reliability Policy"] not in ("Reliable", "Best Effort"):
            found.append(f"{name}: reliability {topic['Reliability Policy']}")
    found += [f"no frame {frame!r}" for frame in frames_of(config) if frame not in known_frames]
    return found


def _overlaid(display: dict[str, Any]) -> list[str]:
    """Names of the displays that a Camera draws over its image."""
    return [name for name in display.get("Visibility", {}) if name != "Value"]


def test_there_is_one_for_state_vision_and_calibration() -> None:
    assert [path.stem for path in FILES] == ["calibration", "inhand", "vision"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_display_finds_its_topic_type_and_frame(path: Path) -> None:
    config = yaml.safe_load(path.read_text())
    assert problems(config) == []
    assert config["Visualization Manager"]["Global Options"]["Fixed Frame"] == WORLD


@pytest.mark.parametrize(("name", "kind"), [("vision", "Camera"), ("calibration", "Image")])
def test_vision_and_calibration_show_every_camera_and_its_frame(name: str, kind: str) -> None:
    config = yaml.safe_load((resource_root() / f"config/rviz/{name}.rviz").read_text())
    shown = [topic_of(display)["Value"] for display in displays(config) if display["Class"].endswith(f"/{kind}")]
    assert shown == [f"{camera}/image_raw" for camera in CAMERA_NAMES]
    assert {f"{camera}_optical_frame" for camera in CAMERA_NAMES} <= set(frames_of(config))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_topics_are_those_of_the_namespace_that_rviz_is_started_in(path: Path) -> None:
    shown = [topic["Value"] for display in displays(yaml.safe_load(path.read_text())) if (topic := topic_of(display))]
    assert shown and not [topic for topic in shown if topic.startswith("/")]


def test_the_state_configuration_shows_hand_object_goal_markers_and_fingertips() -> None:
    config = yaml.safe_load((resource_root() / "config/rviz/inhand.rviz").read_text())
    shown = {topic["Value"].lstrip("/") for display in displays(config) if (topic := topic_of(display))}
    wanted = {name for name in VIZ_TOPICS if not name.startswith("/tf") and name != POSE}
    assert shown == wanted
    assert any(display["Class"].endswith("/TF") for display in displays(config))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("viz/goal", "viz/gaol", "Goal: nobody publishes viz/gaol"),
        ("viz/goal", "joint_states", "Goal: joint_states is sensor_msgs/msg/JointState"),
        ("Transient Local", "Volatile", "Hand: durability Volatile"),
        ("Fixed Frame: world", "Fixed Frame: map", "no frame 'map'"),
        ("default_plugins/Grid", "default_plugins/Gird", "unknown plugin"),
        ("camera_top/image_raw", "camera_up/image_raw", "Camera top: nobody publishes camera_up/image_raw"),
        ("TF: false", "TFF: false", "Camera top: shows no display 'TFF'"),
        ("Reliability Policy: Reliable", "Reliability Policy: Best Effort", "Hand: a latched topic"),
    ],
)
def test_the_check_finds_what_is_wrong(old: str, new: str, problem: str) -> None:
    text = (resource_root() / f"config/rviz/{'vision' if 'amera' in problem else 'inhand'}.rviz").read_text()
    assert old in text
    assert any(problem in line for line in problems(yaml.safe_load(text.replace(old, new))))
