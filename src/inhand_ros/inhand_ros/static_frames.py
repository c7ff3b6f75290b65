"""Frames that stand still, from /tf_static."""

from __future__ import annotations

import numpy as np
from tf2_msgs.msg import TFMessage

from inhand_core.poses import in_root, relative
from inhand_ros.transforms import transform_matrix


class StaticFrames:
    """Collects static transforms from as many messages as there are publishers.

    Args:
        prefix: what the names of frames begin with; those that begin otherwise are of another hand, and left alone.

    Attributes:
        refused: why the newest transform of a frame could not be used, by frame; the last good one is kept.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.refused: dict[str, str] = {}
        self._frames: dict[str, tuple[str, np.ndarray]] = {}

    def take(self, message: TFMessage) -> None:
        """Takes the transforms of a message."""
        for frame in message.transforms:
            if not frame.child_frame_id.startswith(self._prefix):
                continue
            name = frame.child_frame_id.removeprefix(self._prefix)
            parent = frame.header.frame_id.removeprefix(self._prefix)
            try:
                self._frames[name] = (parent, transform_matrix(frame.transform))
                self.refused.pop(name, None)
            except ValueError as error:
                self.refused[name] = f"/tf_static: {name}: {error}"

    def in_world(self, frame: str) -> np.ndarray | None:
        """World from `frame` (4, 4); None while it is not known."""
        return in_root(frame, self._frames)

    def in_hand_base(self, frame: str) -> np.ndarray | None:
        """hand_base from `frame` (4, 4); None while it is not known."""
        base, world = self.in_world("hand_base"), self.in_world(frame)
        return None if base is None or world is None else relative(base, world)
