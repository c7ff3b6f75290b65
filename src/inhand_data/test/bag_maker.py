"""Bags for the tests, written by rosbags from the .msg files of this repository: no ROS needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

INTERFACES = Path(__file__).resolve().parents[2] / "inhand_interfaces/msg"
SECOND = 10**9


def typestore() -> Any:
    """Standard messages and this project's."""
    store = get_typestore(Stores.ROS2_JAZZY)
    for path in sorted(INTERFACES.glob("*.msg")):
        store.register(get_types_from_msg(path.read_text(), f"inhand_interfaces/msg/{path.stem}"))
    return store


class BagMaker:
    """Writes messages in the order given, received when they are stamped unless said otherwise."""

    def __init__(self, folder: Path) -> None:
        self.store = typestore()
        self._writer = Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.open()
        self._connections: dict[str, Any] = {}

    def type(self, name: str, **fields: Any) -> Any:
        """A message of a type."""
        return self.store.types[name](**fields)

    def header(self, stamp_ns: int, frame: str = "") -> Any:
        """A header."""
        stamp = self.type("builtin_interfaces/msg/Time", sec=stamp_ns // SECOND, nanosec=stamp_ns % SECOND)
        return self.type("std_msgs/msg/Header", stamp=stamp, frame_id=frame)

    def write(self, topic: str, message: Any, log_ns: int) -> None:
        """Adds a message."""
        kind = message.__msgtype__
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(topic, kind, typestore=self.store)
        data = self.store.serialize_cdr(message, kind)
        self._writer.write(self._connections[topic], log_ns, data)

    def image(self, topic: str, stamp_ns: int, value: int | np.ndarray, log_ns: int | None = None) -> None:
        """An image (H, W, 3) uint8, or a grey one of 640 x 480."""
        pixels = np.full((480, 640, 3), value, np.uint8) if np.ndim(value) == 0 else np.asarray(value)
        message = self.type(
            "sensor_msgs/msg/Image",
            header=self.header(stamp_ns),
            height=pixels.shape[0],
            width=pixels.shape[1],
            encoding="rgb8",
            is_bigendian=0,
            step=3 * pixels.shape[1],
            data=pixels.reshape(-1),
        )
        self.write(topic, message, stamp_ns if log_ns is None else log_ns)

    def pose(
        self,
        stamp_ns: int,
        number: int,
        position: Any,
        orientation: Any = (0.0, 0.0, 0.0, 1.0),
        topic: str = "/object/pose",
        valid: bool = True,
        source: str = "mocap",
        log_ns: int | None = None,
    ) -> None:
        """An object pose."""
        pose = self.type(
            "geometry_msgs/msg/Pose",
            position=self.type("geometry_msgs/msg/Point", **dict(zip("xyz", map(float, position)))),
            orientation=self.type("geometry_msgs/msg/Quaternion", **dict(zip("xyzw", map(float, orientation)))),
        )
        covariance = self.type("geometry_msgs/msg/PoseWithCovariance", pose=pose, covariance=np.zeros(36))
        message = self.type(
            "inhand_interfaces/msg/ObjectPose",
            header=self.header(stamp_ns, "hand_base"),
            sequence=number,
            pose=covariance,
            source=source,
            valid=valid,
            age=0.0,
            reason="",
        )
        self.write(topic, message, stamp_ns if log_ns is None else log_ns)

    def trial(self, stamp_ns: int, number: int, trial_id: int, state: int) -> None:
        """A trial's state."""
        kind = self.store.types["inhand_interfaces/msg/Trial"]
        message = kind(
            header=self.header(stamp_ns), sequence=number, trial_id=trial_id, goals_achieved=0, state=state, reason=0
        )
        self.write("/trial", message, stamp_ns)

    def close(self) -> None:
        """Ends the bag."""
        self._writer.close()
