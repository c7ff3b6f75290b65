"""What the overlay says: modes in words, a pause that is no alarm, buttons by name, the goal as it should lie."""

from __future__ import annotations

import numpy as np
import pytest

from inhand_console.commands import Command, Outcome
from inhand_console.health import Finding, Level
from inhand_console.html import MODE_COLORS, PAUSED
from inhand_console.snapshot import ControllerHealth, Graph, NodeReport, SimHealth, Snapshot
from inhand_console.status import MODE_HINTS, object_faces, state
from inhand_console.web import to_json
from inhand_core import rotations
from inhand_core.signals import Goal
from inhand_description import HAND_BASE
from inhand_viz.model import object_shape


def shown(snapshot: Snapshot, outcome: Outcome | None = None, findings: tuple[Finding, ...] = ()) -> dict:
    said = state(snapshot, findings, None, 0.4, outcome)
    to_json(said)  # browsers read it
    return said


def at(mode: str, paused: bool = False) -> Snapshot:
    return Snapshot(controller=ControllerHealth(mode, 0, 0, 0, 0.0), simulator=SimHealth(1.0, 0, paused))


@pytest.mark.parametrize("mode", ["RUNNING", "HOLD", "DISABLED", "ZERO_TORQUE", "SOFT_START"])
def test_a_pause_is_no_alarm_whatever_the_mode(mode: str) -> None:
    paused = shown(at(mode, paused=True))
    assert paused["words"] == "PAUSED" and paused["color"] == PAUSED and "Resume" in paused["hint"]
    assert shown(at(mode))["color"] == MODE_COLORS[mode] != PAUSED


def test_a_stop_shows_through_a_pause_and_names_the_buttons_that_end_it() -> None:
    said = shown(at("STOPPED", paused=True))
    assert said["words"] == "STOPPED" and said["color"] == MODE_COLORS["STOPPED"]
    assert "Clear the stop" in said["hint"] and "Enable" in said["hint"]


def test_hints_name_buttons_and_no_services() -> None:
    assert not any("/" in words for words in MODE_HINTS.values())


def test_errors_alone_are_counted_for_the_badge() -> None:
    findings = tuple(Finding("x", "", level) for level in (Level.OK, Level.WARN, Level.ERROR, Level.ERROR))
    assert shown(at("RUNNING"), findings=findings)["alarms"] == 2


def test_a_press_that_failed_is_bad_news_and_one_that_did_not_is_not() -> None:
    failed = shown(at("RUNNING"), Outcome(Command.RESET, False, "nobody answers"))
    assert failed["bad"] and "could not reset the simulation: nobody answers" in failed["hint"]
    assert not shown(at("RUNNING"), Outcome(Command.RESET, True))["bad"]


def test_overload_is_said_in_the_monitors_words() -> None:
    words = "/fingertips is silent; the machine is too slow: simulated time runs at 0.40 of real time, 1 asked for"
    slow = Snapshot(graph=Graph(reports={"monitor": NodeReport(1, words, {}, 0.0)}))
    assert shown(slow)["hint"].startswith("the machine is too slow: simulated time runs at 0.40")
    assert shown(Snapshot())["words"] == "NO CONTROLLER"


def test_the_goal_is_turned_from_the_hands_frame_into_the_worlds() -> None:
    goal = np.array([[0.0, 0.6, 0.0, 0.8]])
    said = shown(Snapshot(goal=Goal(np.array([1]), np.array([0]), goal)))["goal"]
    world = rotations.multiply(np.array(HAND_BASE.orientation), goal[0])
    np.testing.assert_allclose(said, world, atol=1e-5)
    assert shown(Snapshot(goal=Goal(np.array([1]), np.array([0]), np.full((1, 4), np.nan))))["goal"] is None
    assert shown(Snapshot())["goal"] is None


def test_an_object_is_sent_with_colours_and_the_two_sides_of_each_edge() -> None:
    shape = object_shape("block")
    thing = object_faces(shape)
    to_json(thing)
    assert len(thing["faces"]) == 6 and len({tuple(face["color"]) for face in thing["faces"]}) == 6
    assert all(len(normals) == 2 for _, _, normals in thing["edges"])
    corners = np.concatenate([face.vertices for face in shape.faces])
    assert thing["radius"] == pytest.approx(np.linalg.norm(corners, axis=1).max())
    for face in thing["faces"]:  # counter-clockwise from outside, which web/goal.js tells the front by
        a, b, c = np.array(face["triangles"][0])
        assert np.cross(b - a, c - a) @ (a + b + c) > 0
