"""The project's URDF through this package's tree, against the MuJoCo model of the same hand."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from inhand_core import rotations
from inhand_description import ModelConfig, build_model, joint_ranges
from inhand_description.cameras import CameraPose, poses_yaml
from inhand_viz.model import hand_mesh, joint_names, load_hand


@pytest.mark.parametrize("seed", range(3))
def test_every_link_is_where_mujoco_has_the_body(seed: int) -> None:
    limits = joint_ranges()
    angles = np.random.default_rng(seed).uniform(limits[:, 0], limits[:, 1])
    model = build_model(ModelConfig(object="none"))
    data = mujoco.MjData(model)
    data.qpos[:] = angles
    mujoco.mj_kinematics(model, data)

    tree = load_hand()
    turns = iter(tree.orientations(angles, tree.index(joint_names())))
    moving = {joint.name: next(turns) for joint in tree.moving}
    poses = {tree.root: (np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))}
    compared = 0
    for joint in tree.joints:
        position, turn = poses[joint.parent]
        local = moving.get(joint.name, joint.orientation)
        poses[joint.child] = (position + rotations.rotate(turn, joint.position), rotations.multiply(turn, local))
        if (body := mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, joint.child)) > 0:
            np.testing.assert_allclose(poses[joint.child][0], data.xpos[body], atol=1e-6)
            expected = rotations.wxyz_to_xyzw(data.xquat[body])
            assert rotations.distance(poses[joint.child][1], expected) < 1e-5
            compared += 1
    assert compared == model.nbody - 1


def test_all_meshes_exist() -> None:
    meshes = [visual for visual in load_hand().visuals if visual.shape == "mesh"]
    assert len(meshes) > 15
    assert all(hand_mesh(visual.filename).is_file() for visual in meshes)


def test_calibrated_cameras_stand_where_their_file_says(tmp_path):
    poses = {"camera_top": CameraPose((0.1, -0.2, 0.9), (0.6, 0.8, 0.0, 0.0))}
    (tmp_path / "poses.yaml").write_text(poses_yaml(poses))
    moved, designed = load_hand(cameras=tmp_path), load_hand(cameras=tmp_path / "none")
    joint = next(joint for joint in moved.fixed if joint.child == "camera_top")
    assert np.allclose(joint.position, (0.1, -0.2, 0.9))
    assert [j.child for j in moved.fixed] == [j.child for j in designed.fixed]
    left, as_designed = (next(j for j in tree.fixed if j.child == "camera_left") for tree in (moved, designed))
    assert np.allclose(left.position, as_designed.position)
