"""Messages of the state publisher: transforms and markers from plain arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from geometry_msgs.msg import Point, PoseStamped, TransformStamped
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from inhand_interfaces.msg import ObjectPose
from inhand_viz.object_mesh import ObjectShape


def transform(parent: str, child: str, position: np.ndarray, orientation: np.ndarray) -> TransformStamped:
    """The frame `child` in `parent`: (3,) [m] and (4,) (x, y, z, w)."""
    message = TransformStamped()
    message.header.frame_id, message.child_frame_id = parent, child
    move(message, position, orientation)
    return message


def pose_stamped(message: ObjectPose) -> list[PoseStamped]:
    """The standard message of an object's pose; none where it is not known."""
    return [PoseStamped(header=message.header, pose=message.pose.pose)] if message.valid else []


def move(message: TransformStamped, position: np.ndarray | None, orientation: np.ndarray) -> None:
    """Sets the pose in place; a position of None stays as it is."""
    if position is not None:
        place = message.transform.translation
        place.x, place.y, place.z = map(float, position)
    turn = message.transform.rotation
    turn.x, turn.y, turn.z, turn.w = map(float, orientation)


def solid(frame: str, shape: ObjectShape, opacity: float) -> MarkerArray:
    """The object as coloured triangles that move with `frame`."""
    marker = _marker(frame, Marker.TRIANGLE_LIST, 1.0)
    marker.frame_locked = True
    points: list[Point] = []
    colors: list[ColorRGBA] = []
    for face in shape.faces:
        color = ColorRGBA(r=face.color[0], g=face.color[1], b=face.color[2], a=opacity)
        corners = face.vertices[face.triangles.reshape(-1)]
        points += [_point(corner) for corner in corners]
        colors += [color] * len(corners)
    marker.points, marker.colors = points, colors
    return MarkerArray(markers=[marker])


def spheres(header: Header, position: np.ndarray, colors: np.ndarray, radius: float) -> MarkerArray:
    """Spheres at position (n, 3) [m] in the frame of `header`, colours (n, 3) in 0 … 255."""
    marker = _marker(header.frame_id, Marker.SPHERE_LIST, 2.0 * radius)
    marker.header.stamp = header.stamp
    marker.points = [_point(place) for place in position]
    marker.colors = [ColorRGBA(r=r, g=g, b=b, a=1.0) for r, g, b in (np.asarray(colors) / 255.0).tolist()]
    return MarkerArray(markers=[marker])


def _marker(frame: str, kind: int, scale: float) -> Marker:
    marker = Marker(type=kind, action=Marker.ADD)
    marker.header.frame_id = frame
    marker.pose.orientation.w = 1.0
    marker.scale.x = marker.scale.y = marker.scale.z = scale
    return marker


def _point(place: Sequence[float]) -> Point:
    return Point(x=float(place[0]), y=float(place[1]), z=float(place[2]))
