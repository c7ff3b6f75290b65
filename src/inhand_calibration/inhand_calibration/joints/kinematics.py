"""Forward kinematics of the fingertip markers for many joint angles at once, with its derivatives.

Numbers come from the compiled MuJoCo model; the chains are walked in NumPy, all samples together, because the fit of
the Hall tables needs thousands of poses an iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from inhand_description import FINGERS, JOINT_INDEX, MARKERS, ModelConfig, build_model

FINGERTIPS = tuple(row.id for row in MARKERS[: len(FINGERS)])
"""Marker ids of the fingertips, order of FINGERS."""
BASE = tuple(row.id for row in MARKERS if row.body == "hand_base")
"""Marker ids on the hand's base."""
BASE_POSITIONS = np.array([row.position for row in MARKERS if row.body == "hand_base"])
"""Their nominal places (n, 3) in hand_base [m]."""


@dataclass(frozen=True)
class _Link:
    """A body on the way from hand_base: its pose in its parent, and the joint that turns it, if any."""

    position: np.ndarray
    rotation: np.ndarray
    joint: int
    axis: np.ndarray
    anchor: np.ndarray


@dataclass(frozen=True)
class TipPose:
    """Poses of a marker's link for N samples.

    Attributes:
        position: (N, 3) of the marker in hand_base [m].
        rotation: (N, 3, 3) of its link.
        jacobian: (N, 3, 24), d position / d joint angle [m/rad].
    """

    position: np.ndarray
    rotation: np.ndarray
    jacobian: np.ndarray


class HandKinematics:
    """The chains from hand_base to the fingertip markers.

    Attributes:
        offsets: (5, 3) nominal places of the markers in their links [m].
        moved_by: (5, 24) bool, which joints lie on the way to each marker.
    """

    def __init__(self, model: mujoco.MjModel | None = None) -> None:
        built: mujoco.MjModel = model or build_model(ModelConfig(object="none"))
        self._chains = []
        for marker in FINGERTIPS:
            site = built.site(f"marker_{marker}")
            self._chains.append(_chain(built, int(site.bodyid[0])))
        self.offsets = np.array([built.site(f"marker_{marker}").pos for marker in FINGERTIPS])
        self.moved_by = np.zeros((len(FINGERTIPS), len(JOINT_INDEX)), bool)
        for finger, chain in enumerate(self._chains):
            self.moved_by[finger, [link.joint for link in chain if link.joint >= 0]] = True

    def tip(self, finger: int, angles: np.ndarray, offset: np.ndarray) -> TipPose:
        """Pose of one fingertip marker.

        Args:
            finger: index into FINGERS.
            angles: (N, 24) joint angles [rad].
            offset: (3,) place of the marker in its link [m].
        """
        count = len(angles)
        position, rotation = np.zeros((count, 3)), np.tile(np.eye(3), (count, 1, 1))
        hinges = []
        for link in self._chains[finger]:
            position = position + rotation @ link.position
            rotation = rotation @ link.rotation
            if link.joint < 0:
                continue
            anchor = position + rotation @ link.anchor
            hinges.append((link.joint, anchor, rotation @ link.axis))
            rotation = rotation @ _turn(link.axis, angles[:, link.joint])
            position = anchor - rotation @ link.anchor
        marker = position + rotation @ offset
        jacobian = np.zeros((count, 3, angles.shape[1]))
        for joint, anchor, axis in hinges:
            jacobian[:, :, joint] = np.cross(axis, marker - anchor)
        return TipPose(marker, rotation, jacobian)

    def tips(self, angles: np.ndarray, offsets: np.ndarray | None = None) -> np.ndarray:
        """Positions (N, 5, 3) [m, hand_base] of the fingertip markers at joint angles (N, 24) [rad]."""
        offsets = self.offsets if offsets is None else offsets
        return np.stack([self.tip(f, angles, offsets[f]).position for f in range(len(FINGERTIPS))], axis=1)


def _chain(model: mujoco.MjModel, body: int) -> list[_Link]:
    base, links = model.body("hand_base").id, []
    while body != base:
        if (count := int(model.body_jntnum[body])) > 1:
            raise ValueError(f"body {model.body(body).name} has {count} joints; one at most is expected")
        rotation = np.zeros(9)
        mujoco.mju_quat2Mat(rotation, model.body_quat[body])
        joint, axis, anchor = -1, np.zeros(3), np.zeros(3)
        if count:
            index = int(model.body_jntadr[body])
            joint = JOINT_INDEX[model.joint(index).name]
            axis, anchor = model.jnt_axis[index].copy(), model.jnt_pos[index].copy()
        links.append(_Link(model.body_pos[body].copy(), rotation.reshape(3, 3), joint, axis, anchor))
        body = int(model.body_parentid[body])
    return links[::-1]


def _turn(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) by angles (N,) about one unit axis (3,); Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    sin, cos = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sin * cross + (1.0 - cos) * (cross @ cross)
