"""Tracker, goal and smoother in one process do what they do in three."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.mark.timeout(600)
def test_the_composed_graph_closes_the_loop_and_ends(launch, folder: Path) -> None:
    summary = folder / "summary.json"
    arguments = ["duration:=6", "console:=false", "composed:=true", "goal_timeout:=7", "goals:=face_up"]
    launched = launch("sim.launch.xml", *arguments, INHAND_SUMMARY_FILE=str(summary))
    assert launched.process.wait(400.0) == 0, launched.output[-5000:]
    assert "[tracker_node-" not in launched.output and "[composed_node-" in launched.output
    rates = json.loads(summary.read_text())["rates_hz"]
    for topic in ("/fingertips", "/object/pose", "/policy/action", "/hand/action"):
        assert rates[topic] > 0.0, rates
