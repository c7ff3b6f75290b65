"""Frames from the marker topic of a bag, by rosbags: no ROS needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import Markers
from inhand_drivers.phasespace.emulator.script import TableSource

TYPE = "inhand_interfaces/msg/Markers"
_DEFINITION = """
std_msgs/Header header
uint64 sequence
uint32[] id
float64[] x
float64[] y
float64[] z
float64[] condition
"""


def read_bag(path: Path, topic: str = "/mocap/markers") -> TableSource:
    """The frames of a topic of type inhand_interfaces/msg/Markers, at their stamps.

    Raises:
        ConfigError: no bag, or no such topic in it.
    """
    from rosbags.highlevel import AnyReader, AnyReaderError
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    store.register(get_types_from_msg(_DEFINITION, TYPE))
    times, frames = [], []
    try:
        with AnyReader([path], default_typestore=store) as reader:
            chosen = [connection for connection in reader.connections if connection.topic == topic]
            if not chosen:
                raise ConfigError(f"{path}: no topic {topic}; it has {sorted(c.topic for c in reader.connections)}")
            for connection, _, raw in reader.messages(chosen):
                message = reader.deserialize(raw, connection.msgtype)
                stamp = message.header.stamp
                times.append(stamp.sec * 1_000_000_000 + stamp.nanosec)
                frames.append(
                    Markers(np.stack([message.x, message.y, message.z], -1)[None], np.array(message.condition)[None])
                )
    except (AnyReaderError, OSError) as error:
        raise ConfigError(f"{path}: not a bag that can be read: {error}") from error
    return TableSource(np.array(times, np.int64), frames)
