"""The cameras' part of `inhand bench drivers`: images through pylon's emulated cameras, and straight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import deserialize_message

from inhand_bench.drivers.commands import Row, quantiles
from inhand_bench.drivers.ears import Ears
from inhand_bench.drivers.pictures import CODE_BYTES, picture
from inhand_bench.drivers.processes import NodeProcesses
from inhand_drivers.basler.config import SIDES
from inhand_ros.raw import RawMessage

PICTURES, EMULATOR = "inhand_bench.drivers.pictures", "inhand_drivers.nodes.emulate_cameras"
DRIVER = "import os; os.environ['PYLON_CAMEMU'] = '3'; from inhand_drivers.nodes.basler_driver import main; main()"
TOPICS = {f"/camera_{side}/image_raw": "sensor_msgs/msg/Image" for side in SIDES}
REPORTS = {"/diagnostics": "diagnostic_msgs/msg/DiagnosticArray"}
CHUNK_S, SETTLE_S, START_S, FAST_HZ = 0.25, 3.0, 60.0, 200.0


@dataclass
class Heard:
    """What came in a measurement.

    Attributes:
        count: images of all cameras.
        written, read: times from the making of an image to its publishing and to its reading [ms].
        cpu: CPU time of the driver [s].
        skew: newest report of it.
    """

    count: int = 0
    written: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    cpu: float = 0.0
    skew: str = ""


def rows(seconds: float) -> Iterator[Row]:
    """30 images a second of each camera on both ways; then as many as the emulated cameras give."""
    with NodeProcesses() as nodes, Ears(nodes.domain, TOPICS) as ears:
        nodes.start(PICTURES)
        direct = _measure(ears, seconds, lambda: 0.0)
    with NodeProcesses() as nodes, Ears(nodes.domain, TOPICS | REPORTS) as ears:
        nodes.start(EMULATOR)
        nodes.start(PICTURES, "place:=sim/")
        nodes.start(DRIVER, "emulation_folder:=auto")
        driven = _measure(ears, seconds, lambda: nodes.cpu_seconds(DRIVER))
    both, each = (direct, driven), 1.0 / (len(SIDES) * seconds)
    yield Row("images compared, equal to the byte", *(str(heard.count) for heard in both))
    yield Row("images a second of each camera, of 30", *(f"{heard.count * each:.1f}" for heard in both))
    yield Row("image made to image published, p50 / p99", *(quantiles(heard.written) for heard in both))
    yield Row("image made to image read, p50 / p99", *(quantiles(heard.read) for heard in both))
    yield Row("skew between the cameras, p50 / p99", "", driven.skew)
    yield Row("the driver's CPU", "", f"{driven.cpu / seconds:.2f} cores")
    with NodeProcesses() as nodes, Ears(nodes.domain, TOPICS) as ears:
        nodes.start(EMULATOR)
        nodes.start(DRIVER, "emulation_folder:=auto", f"frame_rate:={FAST_HZ}")
        _settle(ears)
        count = sum(len(found) for heard in _chunks(ears, seconds) for found in heard.values())
    yield Row(f"images a second of each camera, of {FAST_HZ:g}", "", f"{count * each:.1f}")


def _settle(ears: Ears) -> None:
    for topic in TOPICS:
        ears.await_message(topic)
    for _ in _chunks(ears, SETTLE_S):
        pass


def _await_pictures(ears: Ears, shown: dict[str, bytes]) -> None:
    """Waits until every camera shows the pictures: before, emulated ones see nothing but grey."""
    for chunk in _chunks(ears, START_S):
        if all(chunk[topic] and chunk[topic][-1].data.endswith(expected) for topic, expected in shown.items()):
            return
    raise RuntimeError(f"the cameras do not show the pictures within {START_S:g} s")


def _chunks(ears: Ears, seconds: float) -> Iterator[dict[str, list[RawMessage]]]:
    """What is heard, a little at a time: images are large."""
    for _ in range(round(seconds / CHUNK_S)):
        yield ears.listen(CHUNK_S)


def _measure(ears: Ears, seconds: float, cpu: Callable[[], float]) -> Heard:
    """Listens, and compares every image with what was shown.

    Raises:
        RuntimeError: an image is none of those shown.
    """
    shown = {f"/camera_{side}/image_raw": picture(side).tobytes()[CODE_BYTES:] for side in SIDES}
    _settle(ears)
    _await_pictures(ears, shown)
    heard, before = Heard(), cpu()
    for chunk in _chunks(ears, seconds):
        for topic, expected in shown.items():
            for message in chunk[topic]:
                pixels = message.data[-len(expected) - CODE_BYTES :]
                if pixels[CODE_BYTES:] != expected:
                    raise RuntimeError(f"an image on {topic} is none of those shown")
                made = int.from_bytes(pixels[:CODE_BYTES], "little")
                heard.count += 1
                heard.written.append(1e-6 * (message.source_ns - made))
                heard.read.append(1e-6 * (message.received_ns - made))
        for message in chunk.get("/diagnostics", ()):
            heard.skew = _skew(deserialize_message(message.data, DiagnosticArray)) or heard.skew
    heard.cpu = cpu() - before
    return heard


def _skew(report: DiagnosticArray) -> str:
    values = {v.key: v.value for status in report.status for v in status.values if v.key.startswith("skew")}
    return f"{float(values['skew p50 [ms]']):.2f} / {float(values['skew p99 [ms]']):.2f} ms" if values else ""
