"""The PlotJuggler layout against the graph: every curve is a number of a message that somebody publishes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from support.topics import field_problem, offered

from inhand_core.paths import resource_root
from inhand_description import JOINT_NAMES

PATH = resource_root() / "config" / "plotjuggler" / "inhand.xml"
JOINT_STATE = "sensor_msgs/msg/JointState"


def problems(text: str) -> list[str]:
    """What would stay empty in PlotJuggler, one line each."""
    found, topics = [], offered()
    for curve in ElementTree.fromstring(text).iter("curve"):
        name = curve.attrib["name"]
        topic = max((topic for topic in topics if name.startswith(f"{topic}/")), key=len, default="")
        parts = name.removeprefix(f"{topic}/").split("/")
        if not topic:
            found.append(f"nobody publishes {name}")
        elif topics[topic] == JOINT_STATE:  # PlotJuggler sorts these by the joints' names
            if parts[0] not in JOINT_NAMES or parts[1:] not in (["position"], ["velocity"], ["effort"]):
                found.append(f"{name}: no such joint or quantity")
        elif problem := field_problem(topic, parts):
            found.append(problem)
    return found


def test_every_curve_is_a_number_that_is_published() -> None:
    text = PATH.read_text()
    assert problems(text) == []
    curves = [curve.attrib["name"] for curve in ElementTree.fromstring(text).iter("curve")]
    assert len(curves) == len(set(curves)) > 100
    assert {name.split("/")[2] for name in curves if name.startswith("/joint_states/")} == set(JOINT_NAMES)


def test_every_splitter_counts_what_it_holds() -> None:
    for splitter in ElementTree.parse(PATH).iter("DockSplitter"):
        assert int(splitter.attrib["count"]) == len(list(splitter)) == len(splitter.attrib["sizes"].split(";"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("/goal/orientation/x", "/gaol/orientation/x", "nobody publishes /gaol/orientation/x"),
        ("/policy/action/action[19]", "/policy/action/action[20]", "action has 20 elements"),
        ("/trial/goals_achieved", "/trial/goals", "/trial has no goals"),
        ("/joint_states/rh_FFJ3/position", "/joint_states/rh_FFJ5/position", "no such joint"),
        ("/object/pose/pose/pose/position/x", "/object/pose/pose/position/x", "has no position"),
    ],
)
def test_the_check_finds_what_is_wrong(old: str, new: str, problem: str) -> None:
    text = PATH.read_text()
    assert re.search(re.escape(f'"{old}"'), text)
    assert any(problem in line for line in problems(text.replace(f'"{old}"', f'"{new}"'))), problems(text)
