"""sim/state: snapshots of the world for the cameras, taken between two ticks, while somebody subscribes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rclpy.node import Node

from inhand_core import rotations
from inhand_core.times import NANOSECONDS
from inhand_interfaces.msg import SimState
from inhand_ros import to_stamp
from inhand_sim.cameras.settings import load_cameras_config

if TYPE_CHECKING:  # the cameras' node, which reads snapshots, has no use for physics
    from inhand_sim.worlds import Worlds

DEPTH = 5


@dataclass(frozen=True)
class Snapshot:
    """State of one world.

    Attributes:
        object: its name, or the path of its file.
        joints: (24,) angles [rad].
        position: (3,) of the object [m, world]; orientation: (4,).
        scale: the object's size relative to nominal.
    """

    object: str
    joints: np.ndarray
    position: np.ndarray
    orientation: np.ndarray
    scale: float


class Snapshots:
    """Takes and publishes snapshots at the cameras' rate.

    Args:
        node: the node that publishes.
        prefix: what the names of frames begin with.
    """

    def __init__(self, node: Node, prefix: str = "") -> None:
        self._world = f"{prefix}world"
        self._publisher = node.create_publisher(SimState, "sim/state", DEPTH)
        self._rate_mhz = round(1000 * load_cameras_config().rate)
        self._number = self._sent = 0

    def take(self, time_ns: int, worlds: Worlds) -> Snapshot | None:
        """The world's state when an image is due and wanted, else None; to be called where the worlds are stepped."""
        number = time_ns * self._rate_mhz // (1000 * NANOSECONDS)
        due, self._number = number != self._number, number
        if not due or not self._publisher.get_subscription_count():
            return None
        layout, qpos = worlds.layout, worlds.worlds.bind("qpos")[0].copy()
        return Snapshot(
            object=worlds.config.object,
            joints=qpos[layout.joint_qpos],
            position=qpos[layout.object_qpos[:3]],
            orientation=rotations.wxyz_to_xyzw(qpos[layout.object_qpos[3:]]),
            scale=float(worlds.state.draw.size[0]),
        )

    def publish(self, time_ns: int, snapshot: Snapshot) -> None:
        """Publishes a snapshot taken at `time_ns`."""
        message = SimState(sequence=self._sent, object=snapshot.object, object_scale=snapshot.scale)
        message.header.stamp, message.header.frame_id = to_stamp(time_ns), self._world
        message.joint_position = snapshot.joints
        for part, axes, values in (
            (message.object_pose.position, "xyz", snapshot.position),
            (message.object_pose.orientation, "xyzw", snapshot.orientation),
        ):
            for axis, value in zip(axes, values.tolist(), strict=True):
                setattr(part, axis, value)
        self._publisher.publish(message)
        self._sent += 1


def qpos_of(message: SimState) -> np.ndarray:
    """MuJoCo's qpos (31,), quaternion w first, of a snapshot."""
    p, q = message.object_pose.position, message.object_pose.orientation
    return np.array([*message.joint_position, p.x, p.y, p.z, q.w, q.x, q.y, q.z])
