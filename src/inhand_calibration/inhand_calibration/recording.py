"""What calibration reads: raw sensors, markers and actions with their times, from a bag or the in-process graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import N_ACTUATORS, N_HALL
from inhand_core.times import seconds
from inhand_data.bags import open_bag
from inhand_data.stamps import stamp_seconds
from inhand_description.hall import joint_raw

SENSORS, MARKERS, ACTIONS = "hand/sensors", "mocap/markers", "hand/action"
TOPICS = (SENSORS, MARKERS, ACTIONS)


@dataclass(frozen=True, eq=False)
class Recording:
    """Three streams in the order of their stamps.

    Attributes:
        sensor_time: (S,) [s]; hall: (S, 26) raw values [counts].
        marker_time: (M,) [s]; marker_ids: (K,); position: (M, K, 3) [m, world]; condition: (M, K), <= 0 where lost.
        action_time: (A,) [s]; action: (A, 20) relative actions as the controller takes them.
    """

    sensor_time: np.ndarray
    hall: np.ndarray
    marker_time: np.ndarray
    marker_ids: np.ndarray
    position: np.ndarray
    condition: np.ndarray
    action_time: np.ndarray
    action: np.ndarray

    def raw(self) -> np.ndarray:
        """Raw values (S, 24) [counts], one column a joint: doubled channels averaged, as the controller does."""
        return joint_raw(self.hall)

    @property
    def duration_s(self) -> float:
        """Time from the first to the last reading of the sensors [s]."""
        return float(self.sensor_time[-1] - self.sensor_time[0])

    def require(self, topics: Iterable[str]) -> None:
        """Checks that streams have something in them.

        Raises:
            ConfigError: naming the topics that are empty.
        """
        sizes = {SENSORS: self.sensor_time, MARKERS: self.marker_time, ACTIONS: self.action_time}
        if empty := [f"/{topic}" for topic in topics if len(sizes[topic]) < 2]:
            raise ConfigError(f"nothing recorded on {empty}")


class Recorder:
    """Collects the streams of messages or signals, in any order; `recording` sorts them.

    A message is anything with the attributes of inhand_interfaces' HandSensors, Markers and HandAction.
    """

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[float, Any]]] = {topic: [] for topic in TOPICS}
        self._ids: tuple[int, ...] | None = None

    def add_message(self, topic: str, time_s: float, message: Any) -> None:
        """Adds a message of one of `TOPICS`, stamped `time_s`.

        Raises:
            ConfigError: the set of markers changed on the way.
        """
        if topic == SENSORS:
            row: Any = np.array(message.hall, np.float64)
        elif topic == ACTIONS:
            row = np.array(message.action, np.float64)
        else:
            row = np.stack([message.x, message.y, message.z, message.condition], axis=-1)
            ids = tuple(int(i) for i in message.id)
            if self._ids is not None and ids != self._ids:
                raise ConfigError(f"/{MARKERS}: markers {list(ids)} after {list(self._ids)}")
            self._ids = ids
        self._rows[topic].append((time_s, row))

    def add_signal(self, topic: str, sequence: int, time_ns: int, signal: Any) -> None:
        """Adds a signal (B = 1); an observer of `InProcessGraph`."""
        if topic not in TOPICS:
            return
        if topic == MARKERS:
            row: Any = np.concatenate([signal.position[0], signal.condition[0][:, None]], axis=1)
            self._ids = self._ids or tuple(range(len(row)))
        else:
            row = (signal.hall if topic == SENSORS else signal.action)[0].copy()
        self._rows[topic].append((seconds(time_ns), row))

    def recording(self) -> Recording:
        """What was collected."""
        sensor_time, hall = _sorted(self._rows[SENSORS], (N_HALL,))
        marker_time, markers = _sorted(self._rows[MARKERS], (len(self._ids or ()), 4))
        action_time, action = _sorted(self._rows[ACTIONS], (N_ACTUATORS,))
        ids = np.array(self._ids or (), np.int64)
        return Recording(sensor_time, hall, marker_time, ids, markers[..., :3], markers[..., 3], action_time, action)


def read_bag(path: str | Path) -> Recording:
    """Reads a bag folder (or an .mcap file) of any program that writes ROS 2 bags.

    Raises:
        ConfigError: it cannot be read, or holds no readings of the hand's sensors.
    """
    path, recorder = Path(path), Recorder()
    with open_bag(path) as bag:
        # In a namespace, too; but an emulated hand's /sim/hand/sensors is not /hand/sensors.
        found = {topic: [name for name in bag.topics if name.endswith(f"/{topic}")] for topic in TOPICS}
        chosen = {min(names, key=len): topic for topic, names in found.items() if names}
        for entry, message in bag.messages(chosen):
            topic = chosen[entry.topic]
            stamp = message.header.stamp
            try:
                recorder.add_message(topic, stamp_seconds(stamp), message)
            except (ValueError, AttributeError) as error:
                raise ConfigError(f"{path}: {entry.topic}: {error}") from error
    recording = recorder.recording()
    try:
        recording.require([SENSORS])
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return recording


def _sorted(rows: list[tuple[float, Any]], shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Times (n,) and values (n, *shape), by time; of rows with equal times the first."""
    if not rows:
        return np.zeros(0), np.zeros((0, *shape))
    times = np.array([time for time, _ in rows])
    times, first = np.unique(times, return_index=True)
    return times, np.stack([rows[i][1] for i in first])
