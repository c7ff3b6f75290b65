"""The PhaseSpace part of `inhand bench drivers`: frames through the driver, and how much later than the simulator's."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from rclpy.serialization import deserialize_message

from inhand_bench.drivers.commands import Row, quantiles
from inhand_bench.drivers.ears import Ears
from inhand_bench.drivers.pairing import match
from inhand_bench.drivers.processes import NodeProcesses, free_port
from inhand_core import signals
from inhand_data.stamps import read_header
from inhand_drivers.phasespace.config import load
from inhand_drivers.phasespace.converter import FrameConverter
from inhand_drivers.phasespace.emulator.script import row_of_markers
from inhand_drivers.phasespace.frames import MM, frame_of
from inhand_drivers.phasespace.packets import MARKER, pack_frame
from inhand_drivers.phasespace.stream import PacketStream
from inhand_interfaces.msg import Markers
from inhand_ros import decode
from inhand_ros.raw import RawMessage

DRIVER = "inhand_drivers.nodes.phasespace_driver"
TOPIC, TRUTH, KIND = "/mocap/markers", "/sim/markers", "inhand_interfaces/msg/Markers"
SETTLE_S, PARSE_S = 3.0, 3.0
ON_HAND = 9  # markers of fingertips and base; the object falls off the shaken hand, and out of single precision
SERVE = "from inhand_drivers.phasespace.emulator.replay import phasespace as p; p('demo', '{}')"


def rows(seconds: float) -> Iterator[Row]:
    """Parser alone, the driver at 960 Hz, and the way from the simulator at 240 Hz."""
    yield Row("OWL bytes to stamped markers, one core", "", f"{parse_rate(min(seconds, PARSE_S)):.0f} frames/s")
    yield from throughput(seconds)
    yield from latency(seconds)


def parse_rate(seconds: float) -> float:
    """Frames a second that parser and converter manage."""
    converter, stream, count = FrameConverter(load()), PacketStream(), 0
    records = np.zeros(17, MARKER)
    records["id"], records["condition"], records["position"] = np.arange(17), 1.0, row_of_markers() / MM
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        for packet in stream.feed(pack_frame(count * 4167, records)):
            if (frame := frame_of(packet)) is not None:
                converter.convert(frame, count * 4_167_000)
        count += 1
    return converter.frames / elapsed


def throughput(seconds: float) -> Iterator[Row]:
    """The driver on 960 frames a second from another process."""
    address = f"127.0.0.1:{free_port()}"
    with NodeProcesses() as nodes, Ears(nodes.domain, {TOPIC: KIND}) as ears:
        nodes.start(SERVE.format(address))
        nodes.start(DRIVER, f"address:={address}", "rate:=960")
        ears.await_message(TOPIC)
        ears.listen(SETTLE_S)
        before = nodes.cpu_seconds(DRIVER)
        heard = ears.listen(seconds)[TOPIC]
        cpu = nodes.cpu_seconds(DRIVER) - before
    numbers = [read_header(raw.data)[1] for raw in heard]
    yield Row("messages a second of 960 frames a second, TCP", "", f"{len(heard) / seconds:.1f}")
    yield Row("frames lost on the way", "", str(numbers[-1] - numbers[0] + 1 - len(numbers)))
    yield Row("the driver's CPU", "", f"{cpu / seconds:.2f} cores")


def latency(seconds: float) -> Iterator[Row]:
    """The same frames of a moving hand on both ways, from the moment at which the simulator publishes them."""
    address = f"address:=127.0.0.1:{free_port()}"
    with NodeProcesses() as nodes, Ears(nodes.domain, {TOPIC: KIND, TRUTH: KIND}) as ears:
        nodes.start("inhand_sim.nodes.sim_node", "phasespace:=off")
        nodes.start("inhand_drivers.nodes.emulate_phasespace", address)
        nodes.start(DRIVER, address, "use_sim_time:=true")
        ears.await_message(TOPIC, shake=True)
        ears.listen(SETTLE_S, shake=True)
        heard = ears.listen(seconds, shake=True)
    pairs = paired(heard[TRUTH], heard[TOPIC])
    yield Row("frames of the moving hand compared, equal to 1 µm", str(len(pairs)), str(len(pairs)))
    direct, driven = ([1e-6 * (pair[way].received_ns - pair[0].source_ns) for pair in pairs] for way in (0, 1))
    yield Row("simulator's write to reader, p50 / p99", quantiles(direct), quantiles(driven))
    late = [1e-6 * (read_header(b.data)[0] - read_header(a.data)[0]) for a, b in pairs]
    yield Row("stamp later than the simulator's, p50 / p99", quantiles([0.0]), quantiles(late))


def paired(truth: list[RawMessage], driven: list[RawMessage]) -> list[tuple[RawMessage, RawMessage]]:
    """The simulator's and the driver's message of every frame in which the hand moves."""
    streams = []
    for heard in (truth, driven):
        times = np.array([read_header(raw.data)[0] for raw in heard])
        places = [_positions(raw)[0, :ON_HAND] for raw in heard]
        streams.append((times, np.array(places)))
    origin = streams[0][0][0]
    return [(truth[i], driven[j]) for i, j in match(*[(1e-9 * (times - origin), p) for times, p in streams])]


def _positions(raw: RawMessage) -> np.ndarray:
    signal = decode(deserialize_message(raw.data, Markers))
    assert isinstance(signal, signals.Markers)
    return signal.position
