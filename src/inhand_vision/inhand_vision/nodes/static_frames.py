"""Frames that stand still, from /tf_static."""

from __future__ import annotations

import numpy as np
from tf2_msgs.msg import TFMessage

from inhand_vision.rig import chain, transform


class StaticFrames:
    """Collects static transforms from as many messages as there are publishers."""

    def __init__(self) -> None:
        self._frames: dict[str, tuple[str, np.ndarray]] = {}

    def take(self, message: TFMessage) -> None:
        """Takes the transforms of a message."""
        for frame in message.transforms:
            p, q = frame.transform.translation, frame.transform.rotation
            matrix = transform(np.array([p.x, p.y, p.z]), np.array([q.x, q.y, q.z, q.w]))
            self._frames[frame.child_frame_id] = (frame.header.frame_id, matrix)

    def in_hand_base(self, frame: str) -> np.ndarray | None:
        """hand_base from `frame` (4, 4); None while it is not known."""
        base, world = chain(self._frames, "hand_base"), chain(self._frames, frame)
        return None if base is None or world is None else np.linalg.inv(base) @ world
