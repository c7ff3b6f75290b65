"""Forward kinematics against MuJoCo's, and derivatives against differences."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from inhand_calibration.joints.kinematics import FINGERTIPS, HandKinematics
from inhand_description import FINGERS, JOINT_NAMES, ModelConfig, build_model

MODEL = build_model(ModelConfig(object="none"))
HAND = HandKinematics(MODEL)
ANGLES = np.random.default_rng(0).uniform(-1.0, 1.0, (20, 24))


def test_markers_are_where_mujoco_has_them() -> None:
    data, base = mujoco.MjData(MODEL), MODEL.body("hand_base").id
    tips = HAND.tips(ANGLES)
    for row, angles in enumerate(ANGLES):
        data.qpos[:] = angles
        mujoco.mj_kinematics(MODEL, data)
        turn = data.xmat[base].reshape(3, 3)
        for finger, marker in enumerate(FINGERTIPS):
            expected = turn.T @ (data.site(f"marker_{marker}").xpos - data.xpos[base])
            np.testing.assert_allclose(tips[row, finger], expected, atol=1e-12)


@pytest.mark.parametrize("finger", range(len(FINGERS)))
def test_derivatives(finger: int) -> None:
    offset = HAND.offsets[finger]
    pose = HAND.tip(finger, ANGLES, offset)
    for joint in range(24):
        step = 1e-6 * (np.arange(24) == joint)
        there, here = (HAND.tip(finger, ANGLES + sign * step, offset).position for sign in (1.0, -1.0))
        np.testing.assert_allclose(pose.jacobian[:, :, joint], (there - here) / 2e-6, atol=1e-8)


def test_the_wrist_moves_every_marker_and_a_finger_only_its_own() -> None:
    for finger, name in enumerate(FINGERS):
        moving = {JOINT_NAMES[j] for j in np.flatnonzero(HAND.moved_by[finger])}
        assert {"rh_WRJ2", "rh_WRJ1"} < moving
        assert all(joint.startswith(("rh_WR", f"rh_{name.upper()}")) for joint in moving)
