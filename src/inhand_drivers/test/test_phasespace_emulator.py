"""The emulated server's frames: the simulation's loss and noise, scripts, tables, bags, faults."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from phasespace_wire import settings, wait_for

from inhand_core.config import ConfigError
from inhand_core.graph import build_chains, load_graph
from inhand_core.random import row_seeds
from inhand_core.signals import Markers
from inhand_drivers.phasespace.client import OwlClient
from inhand_drivers.phasespace.config import load, marker_indices
from inhand_drivers.phasespace.emulator.capture import VirtualCapture
from inhand_drivers.phasespace.emulator.replay import Faults, open_source, replay
from inhand_drivers.phasespace.emulator.script import ScriptConfig, ScriptSource, read_script, row_of_markers
from inhand_drivers.phasespace.emulator.server import OwlServer
from inhand_drivers.phasespace.frames import MarkerMap, frame_of
from inhand_drivers.phasespace.packets import read_packet

INDICES = marker_indices(load().markers)
PERIOD_NS = 1_000_000_000 // 240


def truth(frames: int) -> list[Markers]:
    """Markers that drift along x, all seen."""
    return [Markers(row_of_markers()[None] + [1e-4 * n, 0.0, 0.0], np.ones((1, 17))) for n in range(frames)]


def received(capture: VirtualCapture, frames: list[Markers]) -> list[Markers]:
    """What a driver makes of the capture's frames."""
    markers = MarkerMap(INDICES)
    packets = [capture.frame(f, n * PERIOD_NS) for n, f in enumerate(frames)]
    return [markers.apply(frame_of(read_packet(packet)).markers) for packet in packets]


def test_without_randomisation_positions_pass_to_the_wires_precision() -> None:
    got = received(VirtualCapture(INDICES), truth(20))
    for ours, theirs in zip(got, truth(20)):
        assert np.abs(ours.position - theirs.position).max() < 1e-7 and (ours.condition > 0.0).all()


def test_loss_and_noise_are_the_simulations_own_bit_for_bit() -> None:
    groups = ("observation_noise", "unmodeled")
    links = build_chains({"m": load_graph("realtime").topics["mocap/markers"].links}, row_seeds(3, 1), groups)
    links.start()
    frames = truth(2400)
    got = received(VirtualCapture(INDICES, groups, seed=3), frames)
    lost = 0
    for number, (ours, raw) in enumerate(zip(got, frames)):
        theirs = links.apply("m", raw, number * PERIOD_NS)
        seen = theirs.condition > 0.0
        lost += int((~seen).sum())
        assert np.array_equal(ours.condition > 0.0, seen)
        assert np.abs(ours.position - theirs.position)[seen].max() < 1e-7
    assert lost > 100, "in 10 s markers were lost"


def test_an_occluded_marker_arrives_as_lost() -> None:
    frame = truth(1)[0]
    frame.condition[0, 2] = 0.0
    assert received(VirtualCapture(INDICES), [frame])[0].condition[0, 2] <= 0.0


def test_a_script_moves_and_hides_markers_and_falls_silent(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(
        "rate: 100\nduration: 1.0\nsilent: [[0.5, 0.6]]\n"
        "markers: {4: {position: [0.1, 0, 0.3], radius: 0.05, hertz: 2.0, lost: [[0.2, 0.3]]}}\n"
    )
    source = open_source(str(path))
    frames = list(itertools.islice(source.frames(), 200))
    assert [time for time, _ in frames] == [10_000_000 * n for n in range(200)]
    assert [n for n, (_, markers) in enumerate(frames) if markers is None] == [*range(50, 60), *range(150, 160)]
    shown = np.array([m.condition[0, 4] > 0.0 for _, m in frames[:50]])
    assert np.flatnonzero(~shown).tolist() == list(range(20, 30))
    radius = [np.hypot(*(m.position[0, 4, :2] - [0.1, 0.0])) for _, m in frames[:50]]
    assert radius == pytest.approx([0.05] * 50)
    assert np.array_equal(frames[0][1].position[0, 5], row_of_markers()[5])


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("rate: 0", "rate must be in"),
        ("duration: 0.0001", "shorter than a frame"),
        ("markers: {99: {position: [0, 0, 0]}}", r"\[99\] are not among"),
        ("markers: {1: {place: [0, 0, 0]}}", r"unknown \['place'\]"),
    ],
)
def test_a_bad_script_is_refused_by_name(tmp_path: Path, text: str, culprit: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=culprit):
        read_script(path)


def test_a_table_is_played_over_and_over(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = [f"{0.01 * n},{marker},{n},0.2,0.3,1" for n in range(3) for marker in (0, 16)]
    path.write_text("time,marker,x,y,z,condition\n" + "\n".join(rows) + "\n")
    source = read_script(path)
    assert source.rate == pytest.approx(100.0)
    frames = list(itertools.islice(source.frames(), 7))
    assert np.diff([time for time, _ in frames]).tolist() == [10_000_000] * 6
    assert [m.position[0, 16, 0] for _, m in frames] == [0, 1, 2, 0, 1, 2, 0]
    assert frames[0][1].condition[0].tolist() == [1.0, *[-1.0] * 15, 1.0]


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("time,marker,x\n", "columns"),
        ("time,marker,x,y,z,condition\n0,17,0,0,0,1\n", "line 2"),
        ("time,marker,x,y,z,condition\n0,1,0,0,zero,1\n", "line 2"),
        ("time,marker,x,y,z,condition\n0,1,0,0,inf,1\n", "line 2"),
        ("time,marker,x,y,z,condition\n0,1,0,0,0,1\n", "two frames"),
    ],
)
def test_a_bad_table_is_refused_by_its_line(tmp_path: Path, text: str, culprit: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=culprit):
        read_script(path)


def test_a_bag_is_read_without_ros(tmp_path: Path) -> None:
    from rosbags.rosbag2 import StoragePlugin, Writer
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    from inhand_drivers.phasespace.emulator import bag

    store = get_typestore(Stores.ROS2_JAZZY)
    text = Path(__file__).parents[2] / "inhand_interfaces/msg/Markers.msg"
    store.register(get_types_from_msg(text.read_text(), kind := "inhand_interfaces/msg/Markers"))
    kinds = store.types
    with Writer(tmp_path / "bag", version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection("/mocap/markers", kind, typestore=store)
        for n in range(5):
            stamp = kinds["builtin_interfaces/msg/Time"](sec=100, nanosec=n * PERIOD_NS)
            header = kinds["std_msgs/msg/Header"](stamp=stamp, frame_id="world")
            axes = [np.full(17, float(n)), np.zeros(17), np.ones(17)]
            message = kinds[kind](header, n, np.arange(17, dtype=np.uint32), *axes, np.ones(17))
            writer.write(connection, n, store.serialize_cdr(message, kind))
    source = open_source(str(tmp_path / "bag"))
    frames = list(itertools.islice(source.frames(), 6))
    assert source.rate == pytest.approx(240.0) and [m.position[0, 3, 0] for _, m in frames] == [0, 1, 2, 3, 4, 0]
    with pytest.raises(ConfigError, match=r"no topic /other; it has \['/mocap/markers'\]"):
        bag.read_bag(tmp_path / "bag", "/other")
    with pytest.raises(ConfigError, match="no such bag"):
        bag.read_bag(tmp_path / "none")


def test_broken_packets_beside_the_good_ones_cost_none_of_them() -> None:
    source = ScriptSource(ScriptConfig(rate=480.0))
    server = OwlServer(480.0, port=0)
    client = OwlClient(settings(server.port, rate=480, transport="udp"))
    client.open()
    wait_for(lambda: server.clients, "the client")
    replay(source, server, VirtualCapture(INDICES), Faults(malformed=0.5, seed=2), seconds=1.0)
    frames = []
    while got := client.receive(0.2):
        frames += got
    client.close()
    server.close()
    good = {round(n * 1e9 / 480) // 1000 for n in range(480)}
    assert len({f.time for f in frames} & good) >= 478, "480 frames, each in a datagram of its own"
    assert sum(client.refused().values()) > 50


def test_faults_are_checked() -> None:
    with pytest.raises(ValueError, match="malformed"):
        Faults(malformed=2.0)
    assert Faults(drift_ppm=100.0).server_time(10_000_000_000) == 10_001_000_000
