"""Reads a bag for the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import deserialize_message

from inhand_console.config import ConsoleConfig
from inhand_console.nodes.decoders import from_bytes, node_reports
from inhand_console.nodes.feed import CAMERA_TOPICS, STATUS_TOPICS
from inhand_console.replay import DIAGNOSTICS, NANO, Decoder, Replay, Track
from inhand_console.snapshot import NodeReport
from inhand_core import GraphSpec
from inhand_data.bags import BagError, BagReader, Entry
from inhand_data.stamps import stamp_of
from inhand_ros.messages import message_class

CLOCK = "/clock"
IMAGES_HZ = 5.0
"""So many images a second of a camera are kept, small and as JPEG: a minute of three is 20 MB."""
QUALITY = 85


def read(bag: BagReader, spec: GraphSpec, config: ConsoleConfig) -> Replay:
    """A replay of everything in a bag that the page shows.

    Raises:
        BagError: the bag has nothing of it.
    """
    kinds = {topic: entry.message for topic, entry in spec.topics.items()}
    kinds |= {topic: kind for topic, (kind, _) in (STATUS_TOPICS | CAMERA_TOPICS).items()}
    stored = {topic: topic.lstrip("/") for topic in bag.topics}
    wanted = [topic for topic, name in stored.items() if name in kinds or name == DIAGNOSTICS]
    decoders: dict[str, Decoder] = {name: partial(from_bytes, message_class(kind)) for name, kind in kinds.items()}
    tracks: dict[str, Track] = {}
    reports: list[tuple[float, dict[str, NodeReport]]] = []
    for entry, time in _timed(bag, wanted):
        name = stored[entry.topic]
        if name == DIAGNOSTICS:
            reports.append((time, node_reports(deserialize_message(entry.data, DiagnosticArray), time)))
            continue
        track = tracks.setdefault(name, Track())
        if name.endswith("/image_raw"):
            if track.times and time - track.times[-1] < 1.0 / IMAGES_HZ:
                continue
            with suppress(ValueError):
                track.messages.append(_small(decoders[name](entry.data), config.image_width))
                track.times.append(time)
            continue
        track.times.append(time)
        track.messages.append(entry.data)
    if not tracks:
        raise BagError(f"{bag.path}: nothing that the page shows; it has {sorted(bag.topics)}")
    decoders |= {name: _unpacked for name in tracks if name.endswith("/image_raw")}
    return Replay(tracks, decoders, reports, config.rate_window_s)


def _timed(bag: BagReader, topics: list[str]) -> Iterator[tuple[Entry, float]]:
    """Messages with their time from the beginning [s], in order: of reception, or where time was simulated, by stamps.

    A simulation that ran slowly is played as fast as it was meant, and its rates are those of its own time.
    """
    simulated = CLOCK in bag.topics
    stamped = {topic for topic in topics if bag.has_header(topic)} if simulated else set()
    found = [(stamp_of(e.data) if e.topic in stamped else e.log_ns, e) for e in bag.entries(topics)]
    begin = min((ns for ns, _ in found if ns > 0), default=0)
    # Before its clock had begun a node stamps 0.
    timed = sorted(((max(ns - begin, 0), i) for i, (ns, _) in enumerate(found)))
    for ns, i in timed:
        yield found[i][1], NANO * ns


def _small(image: np.ndarray, width: int) -> bytes:
    """An image (h, w, 3) RGB at `width` [px] as JPEG."""
    height = round(width * image.shape[0] / image.shape[1])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _unpacked(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].copy()
