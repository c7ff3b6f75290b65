"""Messages to what the page shows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, Image, JointState

from inhand_console.snapshot import ControllerHealth, NodeReport, SimHealth
from inhand_core.signals import JointStates
from inhand_data.intrinsics import intrinsics_of
from inhand_data.pixels import rgb_image
from inhand_interfaces.msg import ControllerStatus, SimStatus
from inhand_ros.codecs import decode
from inhand_ros.names import own_report
from inhand_viz.model import joint_names

MODES = {
    getattr(ControllerStatus, name): name
    for name in ("DISABLED", "SOFT_START", "RUNNING", "HOLD", "ZERO_TORQUE", "STOPPED")
}


def sim_health(message: SimStatus) -> SimHealth:
    """What the page shows of the simulator's status."""
    return SimHealth(
        message.real_time_factor,
        message.missed_ticks,
        message.paused,
        message.speed,
        message.waits,
        message.waiting_for,
    )


def controller_health(message: ControllerStatus) -> ControllerHealth:
    """What the page shows of the controller's status."""
    refused = message.refused_size + message.refused_nan + message.refused_range + message.refused_stale
    mode = MODES.get(message.mode, f"MODE {message.mode}")
    return ControllerHealth(mode, message.missed_deadlines, refused, message.lost_actions, message.lateness_p99)


def joints_by_name(message: JointState) -> JointStates:
    """The joints in this project's order, whatever the message's.

    Raises:
        ValueError: names that are missing, or fewer angles than names.
    """
    places = {name: i for i, name in enumerate(message.name)}
    if missing := [name for name in joint_names() if name not in places]:
        raise ValueError(f"no joints {missing}; given {sorted(places)}")
    if len(message.position) != len(places):
        raise ValueError(f"{len(places)} names, but {len(message.position)} angles")
    order = [places[name] for name in joint_names()]
    signal = decode(message)
    return replace(signal, position=signal.position[:, order])


def node_reports(message: DiagnosticArray, arrival: float, space: str = "/") -> dict[str, NodeReport]:
    """The reports of a message that came at `arrival` [s], of the nodes of the namespace `space`, by their names."""
    return {
        name: NodeReport(
            status.level[0] if isinstance(status.level, bytes) else int(status.level),
            status.message,
            {pair.key: pair.value for pair in status.values},
            arrival,
        )
        for status in message.status
        if (name := own_report(status.name, space)) is not None
    }


_SPECIAL: dict[type, Callable[[Any], Any]] = {
    SimStatus: sim_health,
    ControllerStatus: controller_health,
    JointState: joints_by_name,
    Image: rgb_image,
    CameraInfo: intrinsics_of,
}


def from_bytes(kind: type, message: bytes) -> Any:
    """What the page shows of a serialised message of `kind`.

    Raises:
        ValueError: it cannot be used; the text says why.
    """
    return _SPECIAL.get(kind, decode)(deserialize_message(message, kind))
