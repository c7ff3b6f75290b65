"""Frames from the marker topic of a bag: no ROS needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import Markers
from inhand_data.bags import open_bag
from inhand_data.stamps import stamp_ns
from inhand_drivers.phasespace.emulator.script import TableSource


def read_bag(path: Path, topic: str = "/mocap/markers") -> TableSource:
    """The frames of a topic of type inhand_interfaces/msg/Markers, at their stamps.

    Raises:
        ConfigError: no bag, no such topic in it, or one of another type.
    """
    times, frames = [], []
    with open_bag(path) as bag:
        if topic not in bag.topics:
            raise ConfigError(f"{path}: no topic {topic}; it has {sorted(bag.topics)}")
        for _, message in bag.messages([topic]):
            try:
                position, stamp = np.stack([message.x, message.y, message.z], -1), message.header.stamp
                frames.append(Markers(position[None], np.array(message.condition)[None]))
            except (AttributeError, ValueError) as error:
                raise ConfigError(f"{path}: {topic}: no frame of markers: {error}") from error
            times.append(stamp_ns(stamp))
    return TableSource(np.array(times, np.int64), frames)
