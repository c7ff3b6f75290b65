"""Reads a bag for the page, and serves it."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import deserialize_message

from inhand_console.commands import Command, Outcome
from inhand_console.config import ConsoleConfig
from inhand_console.nodes.decoders import from_bytes, node_reports
from inhand_console.nodes.feed import CAMERA_TOPICS, STATUS_TOPICS
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_console.replay import DIAGNOSTICS, NANO, Decoder, Replay, Track
from inhand_console.snapshot import NodeReport
from inhand_core import GraphSpec, load_config, load_graph, read_yaml
from inhand_core.paths import config_file
from inhand_data.bags import BagError, BagReader, open_bag
from inhand_description.objects import OBJECTS
from inhand_ros.messages import message_class
from inhand_viz.model import joint_names, load_hand, object_shape

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
    begin: int | None = None
    for entry in bag.entries(wanted):
        begin = entry.log_ns if begin is None else begin
        name, time = stored[entry.topic], NANO * (entry.log_ns - begin)
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


def serve(path: Path, port: int, name: str) -> None:
    """Serves the page of a bag until Ctrl-C.

    Raises:
        BagError: the bag cannot be read, or has nothing that the page shows.
    """
    config = load_config(ConsoleConfig, read_yaml(config_file("console")), "console.yaml")
    config = replace(config, port=port) if port else config
    spec = load_graph("realtime")
    with open_bag(path) as bag:
        replayed = read(bag, spec, config)
        shape = object_shape(name or _named(bag))
    page = ConsolePage(
        config,
        load_hand(),
        joint_names(),
        shape,
        spec,
        read_yaml(config_file("goal"))["tolerance_rad"],
        replayed.snapshot,
        lambda command, _: page.report(refused(command)),
        Choices((), ()),
        replayed,
    )
    print(f"page: {page.url}  ({path}, {replayed.duration:.1f} s; Ctrl-C ends it)", flush=True)
    try:
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        page.close()


def refused(command: Command) -> Outcome:
    """What becomes of any press in a replay."""
    return Outcome(command, False, "this is a recording: nothing here moves a hand")


def _named(bag: BagReader) -> str:
    """The object that the bag's first goal names, where this machine has it; else the block."""
    for _, message in bag.messages(["/goal"]):
        return message.object if message.object in OBJECTS else "block"
    return "block"


def _small(image: np.ndarray, width: int) -> bytes:
    """An image (h, w, 3) RGB at `width` [px] as JPEG."""
    height = round(width * image.shape[0] / image.shape[1])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()


def _unpacked(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].copy()
