"""Plots, joint errors, choices: what is shown and chosen beside the scene."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import viser

from inhand_console.graphs import Graphs, JointErrors, signals
from inhand_console.plots import ScrollingPlot, hues, values_table
from inhand_console.snapshot import Latencies, Snapshot
from inhand_console.weights_files import policies
from inhand_core.paths import resource_root
from inhand_core.signals import HandAction, JointStates
from inhand_description import actuator_ranges


def joints(value: float) -> JointStates:
    return JointStates(np.full((1, 24), value), np.zeros((1, 24)), np.zeros((1, 24)))


def action(value: float) -> HandAction:
    return HandAction(np.full((1, 20), value), np.full((1, 20), -1), np.array([1]))


def test_the_error_is_half_the_range_at_a_full_action_and_shrinks_as_the_joint_follows() -> None:
    errors = JointErrors()
    assert errors.update(joints(0.0), None) is None
    full = action(1.0)
    first = errors.update(joints(0.0), full)
    low, high = actuator_ranges().T
    expected = np.minimum(0.5 * (high - low), high)
    np.testing.assert_allclose(first, expected, atol=1e-6)
    later = errors.update(joints(0.1), full)
    assert ((first - later) > 0.09).all()
    again = errors.update(joints(0.1), action(0.0))
    np.testing.assert_allclose(again, np.clip(again, -0.11, 0.0), atol=1e-9)


def test_curves_have_colours_that_differ() -> None:
    assert len(set(hues(24))) == 24


def test_only_policies_can_be_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()

    def write(name: str, header: bytes) -> None:
        (folder / name).write_bytes(struct.pack("<Q", len(header)) + header)

    write("good.safetensors", json.dumps({"__metadata__": {"inhand_policy": "{}"}}).encode())
    write("sight.safetensors", json.dumps({"__metadata__": {"inhand_vision": "{}"}}).encode())
    write("list.safetensors", b"[]")
    (folder / "short.safetensors").write_bytes(b"abc")
    (folder / "long.safetensors").write_bytes(struct.pack("<Q", 2**60))
    (folder / "note.txt").write_text("none")
    assert policies(tmp_path) == ("weights/good.safetensors",)


def test_the_shipped_policy_can_be_chosen() -> None:
    assert "weights/block.safetensors" in policies(resource_root())


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_colours_as_curves(count: int) -> None:
    assert len(hues(count)) == count


@pytest.fixture(scope="module")
def server() -> Iterator[viser.ViserServer]:
    server = viser.ViserServer(host="127.0.0.1", port=18370, verbose=False)
    yield server
    server.stop()


def test_a_plot_scrolls_and_sends_no_more_than_its_points(server: viser.ViserServer) -> None:
    plot = ScrollingPlot(server, "two", ("a", "b"), seconds=4.0, points=5)
    assert [len(column) for column in plot.data] == [2, 2, 2]
    for i in range(9):
        plot.update((i, -i), float(i))
    times, first, second = plot.data
    np.testing.assert_array_equal(times, [-4.0, -3.0, -2.0, -1.0, 0.0])
    np.testing.assert_array_equal(first, [4.0, 5.0, 6.0, 7.0, 8.0])
    np.testing.assert_array_equal(second, -first)
    plot.update(None, 10.0)
    np.testing.assert_array_equal(plot.data[0], [-4.0, -3.0, -2.0])


@pytest.fixture(scope="module")
def graphs(server: viser.ViserServer) -> Graphs:
    with server.gui.add_tab_group().add_tab("Plots"):
        return Graphs(server, seconds=10.0, rate=2.0)


def test_the_plots_are_sent_at_their_own_rate_and_show_the_worst_latency_between(graphs: Graphs) -> None:
    for i in range(41):
        graphs.note(Latencies(marker_to_motor=(30.0 if i == 3 else 10.0,)))
        graphs.update(Snapshot(), 0.05 * i)
    times, motor, *_ = graphs.times.data
    assert len(times) == 5
    np.testing.assert_array_equal(motor, [10.0, 30.0, 10.0, 10.0, 10.0])


def test_signal_and_joints_are_chosen_with_their_past_and_hold_still(graphs: Graphs) -> None:
    bins = HandAction(np.zeros((1, 20)), np.arange(20)[None] % 11, np.array([1]))
    for i in range(4):
        graphs.update(Snapshot(joint_states=joints(0.1 * i), action=action(0.5), decision=bins), 10.0 + i)
    assert [len(graphs._plot.data), len(graphs.chosen)] == [21, 20]
    graphs._signal.value = "angles"
    graphs._joint.value = "TH"
    assert [graphs._signals["angles"].labels[i] for i in graphs.chosen] == ["THJ5", "THJ4", "THJ3", "THJ2", "THJ1"]
    np.testing.assert_allclose(graphs._plot.data[-1][-4:], [0.0, 0.1, 0.2, 0.3])
    assert "THJ5" in graphs._values.content and ">0.3<" in graphs._values.content
    graphs._joint.value = "FFJ1"
    graphs._still.value = True
    graphs.update(Snapshot(joint_states=joints(0.9)), 20.0)
    assert graphs._plot.data[1][-1] == pytest.approx(0.3)
    graphs._still.value = False
    graphs.update(Snapshot(joint_states=joints(0.9)), 21.0)
    assert graphs._plot.data[1][-1] == pytest.approx(0.9)
    graphs._signal.value = "bins"  # coupled joints have one actuator: there is no FFJ1
    assert graphs._joint.value == "all" and len(graphs.chosen) == 20
    np.testing.assert_array_equal([curve[-1] for curve in graphs._plot.data[1:]], np.arange(20) % 11)


def test_bins_that_smoothing_has_made_none_of_are_not_plotted() -> None:
    read = signals()["bins"].read
    assert read(Snapshot()) is None and read(Snapshot(decision=action(0.5))) is None
    assert "–" in values_table(["a"], np.array([np.nan])) and "0.25" in values_table(["a"], np.array([0.25]))
