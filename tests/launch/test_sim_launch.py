"""sim.launch.xml with a duration: the closed loop, what it leaves behind, how it ends."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader

from inhand_core.graph import load_graph
from inhand_data.stamps import read_header
from inhand_ros.codecs import to_ns

SPEC = load_graph("realtime")
FRAMES = {"mocap/markers": "world", "fingertips": "hand_base", "object/pose": "hand_base", "goal": "hand_base"}


@dataclass
class Run:
    """What a finished launch left: exit code, output, summary, bag folder."""

    code: int
    output: str
    summary: dict[str, Any]
    bag: Path


@pytest.fixture(scope="module")
def run(launch, probe, folder: Path) -> Run:
    """Ten seconds of the simulated system with all randomisation, recorded."""
    arguments = ["duration:=10", "console:=false", "randomization:=all", "record:=true", f"bag:={folder / 'bag'}"]
    launched = launch("sim.launch.xml", *arguments, INHAND_SUMMARY_FILE=str(folder / "summary.json"))
    code = launched.process.wait(300.0)
    assert (folder / "summary.json").exists(), launched.output[-5000:]
    return Run(code, launched.output, json.loads((folder / "summary.json").read_text()), folder / "bag")


def test_it_ends_by_itself_and_well(run: Run) -> None:
    assert run.code == 0, run.output[-5000:]
    assert "Traceback" not in run.output, run.output[-5000:]
    assert "has died" not in run.output, run.output[-5000:]
    printed = [line.partition("summary: ")[2] for line in run.output.splitlines() if "summary: " in line]
    assert [json.loads(text) for text in printed] == [run.summary]


def test_every_topic_flows_in_its_frame(run: Run, probe) -> None:
    for topic, entry in SPEC.topics.items():
        messages = probe.heard[topic]
        assert messages, f"nothing on {topic}"
        least = 2 if entry.on_change else 0.3 * 10 * entry.rate
        assert len(messages) >= least, f"{topic}: {len(messages)} messages"
        if topic in FRAMES:
            assert {m.header.frame_id for _, m in messages} == {FRAMES[topic]}, topic


def test_the_clock_never_goes_back(run: Run, probe) -> None:
    times = [to_ns(message.clock) for _, message in probe.heard["clock"]]
    assert len(times) > 100
    assert (np.diff(times) >= 0).all()  # a time that stands is said again, as a sign of life
    for topic in ("mocap/markers", "hand/sensors", "policy/action"):
        stamps = [to_ns(message.header.stamp) for _, message in probe.heard[topic]]
        assert (np.diff(stamps) > 0).all(), topic


def test_the_loop_is_closed(run: Run, probe) -> None:
    """Actions reach the motors: torques flow and joints move."""
    torques = np.array([message.torque for _, message in probe.heard["hand/motor_commands"]])
    positions = np.array([message.position for _, message in probe.heard["joint_states"]])
    assert np.isfinite(torques).all() and np.abs(torques).max() > 0
    assert np.ptp(positions, axis=0).max() > 0.05
    assert probe.heard["trial"][-1][1].trial_id >= 0


def test_the_summary_counts_what_happened(run: Run) -> None:
    summary = run.summary
    assert summary["duration_s"] >= 10
    for topic, entry in SPEC.topics.items():
        assert summary["received"][f"/{topic}"] > 0, topic
        if not entry.on_change:
            assert summary["rates_hz"][f"/{topic}"] > 0, topic
    assert summary["lost"] == dict.fromkeys(summary["lost"], 0)
    assert summary["lost_actions"] == summary["lost_commands"] == summary["refused_commands"] == 0
    assert {"goals", "drops", "trials", "deadline_misses"} <= set(summary), summary.keys()
    for timing in ("policy_period_ms", "marker_to_motor_ms"):
        assert {"p50", "p99"} <= set(summary[timing])
    assert summary["policy_period_ms"]["n"] > 30
    assert summary["marker_to_motor_ms"]["n"] > 30
    assert 0 < summary["real_time_factor"] < 1.1


def test_the_bag_holds_every_message(run: Run) -> None:
    """By the publishers' own counters: from the first to the last recorded, none is missing."""
    numbers: dict[str, list[int]] = {}
    with AnyReader([run.bag]) as reader:
        counts = {c.topic: c.msgcount for c in reader.connections}
        for connection, _, raw in reader.messages():
            if connection.msgtype.startswith("inhand_interfaces") and "Status" not in connection.msgtype:
                numbers.setdefault(connection.topic, []).append(read_header(raw)[1])
    for topic, entry in SPEC.topics.items():
        assert counts[f"/{topic}"] > 0, topic
        if entry.message.startswith("inhand_interfaces"):
            found = numbers[f"/{topic}"]
            assert found == list(range(found[0], found[0] + counts[f"/{topic}"])), topic
    assert {"/clock", "/tf", "/sim/status", "/controller/status", "/diagnostics"} <= set(counts)
    recorded = re.search(r"recorded (\d+) messages", run.output)
    assert recorded and int(recorded[1]) == sum(counts.values())


def test_mcap_itself_opens_the_bag(run: Run) -> None:
    with next(run.bag.glob("*.mcap")).open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary.statistics.message_count > 5000
    assert {schema.encoding for schema in summary.schemas.values()} == {"ros2msg"}
