"""Whether a topic is the same from the simulator and from a driver: type, QoS, frame, rate, range of every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from inhand_ros.codecs import to_ns
from support.listener import Listener

RATE_TOLERANCE = 0.05
SHARE = (0.2, 0.8)
"""A range is where the middle of the values lies: an object that falls for a moment is nobody's unit."""
SPAN_TOLERANCE, SPAN_RATIO = 0.5, 10.0
"""Ends of a range may differ by this part of the wider span, and spans by this factor: episodes do, units do not."""
NUMBERS = (int, float, bool)


@dataclass(frozen=True)
class Observed:
    """What a topic looked like for a while.

    Attributes:
        kind: message type. reliability, durability: what its publishers offer. publishers: how many.
        frame: header.frame_id. rate: from the stamps [Hz]. wall_rate: from the times of sending [Hz].
        ranges: where the middle of the values (`SHARE`) of each numeric field lies, by dotted name.
        lengths: length of each array field.
        nodes: names of the publishing nodes, which are not compared.
    """

    kind: tuple[str, ...]
    reliability: ReliabilityPolicy
    durability: DurabilityPolicy
    publishers: int
    frame: str
    rate: float
    wall_rate: float
    ranges: dict[str, tuple[float, float]]
    lengths: dict[str, int]
    nodes: tuple[str, ...] = ()


def observe(listener: Listener, topic: str) -> Observed:
    """What a listener has heard of a topic."""
    node, name = listener.node, listener.node.resolve_topic_name(topic)
    infos = node.get_publishers_info_by_topic(name)
    assert infos, f"nobody publishes {topic}"
    messages = listener.messages(topic)
    assert len(messages) > 1, f"{len(messages)} messages on {topic}"
    values: dict[str, list[np.ndarray]] = {}
    for message in messages:
        for field, value in _numbers(message, ""):
            values.setdefault(field, []).append(np.atleast_1d(np.asarray(value, np.float64)))
    stamps = [to_ns(message.header.stamp) for message in messages]
    sent = [raw.source_ns for raw in listener.raw(topic)]
    frames = {message.header.frame_id for message in messages}
    assert len(frames) == 1, f"{topic} changes its frame: {frames}"
    return Observed(
        kind=tuple(sorted({info.topic_type for info in infos})),
        reliability=infos[0].qos_profile.reliability,
        durability=infos[0].qos_profile.durability,
        publishers=len(infos),
        frame=frames.pop(),
        rate=(len(stamps) - 1) / ((stamps[-1] - stamps[0]) * 1e-9),
        wall_rate=(len(sent) - 1) / ((sent[-1] - sent[0]) * 1e-9),
        ranges={f: tuple(np.quantile(np.concatenate(v), SHARE).tolist()) for f, v in values.items()},
        lengths={f: len(v[0]) for f, v in values.items()},
        nodes=tuple(sorted(info.node_name for info in infos)),
    )


def differences(sim: Observed, real: Observed, own: bool = True, loose: tuple[str, ...] = ()) -> list[str]:
    """Every way in which two observations of a topic differ more than they may; empty where they agree.

    A device keeps its own time: where a busy machine simulates slower than real time, a driver's rate is right by the
    wall clock alone.

    Args:
        sim, real: the observations.
        own: compare rate and ranges, too. What nodes make of a device's messages comes at the rate that the machine
            manages, and its numbers are those of the episode.
        loose: fields of which only the size is compared: spans by `SPAN_RATIO` squared.
    """
    found = [
        f"{name}: {getattr(sim, name)} and {getattr(real, name)}"
        for name in ("kind", "reliability", "durability", "publishers", "frame", "lengths")
        if getattr(sim, name) != getattr(real, name)
    ]
    off = min(abs(sim.rate - rate) for rate in (real.rate, real.wall_rate))
    if own and off > RATE_TOLERANCE * sim.rate:
        found.append(f"rate: {sim.rate:.2f} and {real.rate:.2f} Hz, by the wall clock {real.wall_rate:.2f} Hz")
    for field in sorted(set(sim.ranges) & set(real.ranges)) if own else ():
        (low, high), (low2, high2) = sim.ranges[field], real.ranges[field]
        narrow, wide = sorted((high - low, high2 - low2))
        room = SPAN_TOLERANCE * wide + 1e-6
        moved = field not in loose and max(abs(low - low2), abs(high - high2)) > room
        if moved or wide > SPAN_RATIO ** (2 if field in loose else 1) * narrow + 1e-6:
            found.append(f"{field}: {low:g} … {high:g} and {low2:g} … {high2:g}")
    return found


def _numbers(message: Any, prefix: str) -> list[tuple[str, Any]]:
    """Numeric fields of a message by dotted name, without header and sequence number."""
    found: list[tuple[str, Any]] = []
    for name in message.get_fields_and_field_types():
        value = getattr(message, name)
        if name in ("header", "sequence") or isinstance(value, (str, bytes)):
            continue
        if hasattr(value, "get_fields_and_field_types"):
            found += _numbers(value, f"{prefix}{name}.")
        elif isinstance(value, NUMBERS) or (len(value) and isinstance(value[0], (*NUMBERS, np.number, np.bool_))):
            found.append((prefix + name, value))
        elif len(value) and hasattr(value[0], "get_fields_and_field_types"):
            found += [item for i, entry in enumerate(value) for item in _numbers(entry, f"{prefix}{name}[{i}].")]
    return found
