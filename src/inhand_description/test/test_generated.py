"""Generated files match the tables; the URDF moves as the MuJoCo model does."""

from pathlib import Path
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest

from inhand_core.paths import resource_root
from inhand_description import CAMERAS, JOINT_NAMES, ModelConfig, asset_folder, build_model, joint_ranges
from inhand_description.commands import generated_files
from inhand_description.srdf import hand_srdf, never_touching
from inhand_description.urdf import MESH_FOLDER, hand_urdf


@pytest.mark.parametrize("path", sorted(generated_files()))
def test_committed_file_is_current(path):
    committed = resource_root() / path
    assert committed.read_text() == generated_files()[path], f"{path} is stale: run `inhand description write`"


@pytest.fixture(scope="module")
def urdf(tmp_path_factory):
    yourdfpy = pytest.importorskip("yourdfpy", reason="the page's URDF reader is not installed")
    meshes = asset_folder().parent / "stls/hand"
    path = tmp_path_factory.mktemp("urdf") / "hand.urdf"
    path.write_text(hand_urdf())
    return yourdfpy.URDF.load(str(path), filename_handler=lambda fname: str(meshes / Path(fname).name))


def test_urdf_kinematics_equal_mujocos(urdf, hand):
    assert set(urdf.actuated_joint_names) == set(JOINT_NAMES)
    data = mujoco.MjData(hand)
    for q in np.random.default_rng(0).uniform(*joint_ranges().T, (20, 24)):
        data.qpos[:] = q
        mujoco.mj_kinematics(hand, data)
        urdf.update_cfg(dict(zip(JOINT_NAMES, q, strict=True)))
        for body in range(1, hand.nbody):
            pose = urdf.get_transform(hand.body(body).name, "world")
            assert np.allclose(pose[:3, 3], data.xpos[body], atol=1e-7)
            assert np.allclose(pose[:3, :3], data.xmat[body].reshape(3, 3), atol=1e-7)


def test_urdf_meshes_lie_where_mujoco_draws_them(urdf):
    model = build_model(ModelConfig(object="none", visuals=True))
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    urdf.update_cfg(np.zeros(24))
    drawn = []
    for geom in np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_MESH):
        mesh = model.geom_dataid[geom]
        start = model.mesh_vertadr[mesh]
        corners = model.mesh_vert[start : start + model.mesh_vertnum[mesh]]
        drawn.append(corners @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom])
    drawn = np.concatenate(drawn)
    low, high = urdf.scene.bounds
    assert np.allclose(low, drawn.min(axis=0), atol=2e-3) and np.allclose(high, drawn.max(axis=0), atol=2e-3)


def test_optical_frames_look_at_the_hand(urdf):
    for camera in CAMERAS:
        pose = urdf.get_transform(f"camera_{camera.name}_optical_frame", "world")
        forward = np.subtract(camera.target, camera.position)
        assert 0.4 < np.linalg.norm(forward) < 0.7
        assert np.allclose(pose[:3, 2], forward / np.linalg.norm(forward), atol=1e-6)
        assert np.allclose(pose[:3, 3], camera.position)


def test_every_mesh_is_in_the_assets():
    names = {word.split('"')[0].removeprefix(MESH_FOLDER + "/") for word in hand_urdf().split('filename="')[1:]}
    assert names and all((asset_folder().parent / "stls/hand" / name).is_file() for name in names)


def test_the_srdf_names_what_the_urdf_has(hand):
    links = {hand.body(body).name for body in range(1, hand.nbody)}
    robot, urdf_root = ElementTree.fromstring(hand_srdf()), ElementTree.fromstring(hand_urdf())
    assert robot.get("name") == urdf_root.get("name")
    assert {joint.get("name") for joint in robot.findall("group/joint")} == set(JOINT_NAMES)
    pairs = [(e.get("link1"), e.get("link2")) for e in robot.findall("disable_collisions")]
    assert {link for pair in pairs for link in pair} <= links and len(set(map(frozenset, pairs))) == len(pairs)


def test_poses_of_the_srdf_are_within_the_ranges():
    for state in ElementTree.fromstring(hand_srdf()).findall("group_state"):
        angles = {joint.get("name"): float(joint.get("value")) for joint in state.findall("joint")}
        low, high = joint_ranges().T
        assert (np.array([angles[name] for name in JOINT_NAMES]) >= low - 1e-5).all()
        assert (np.array([angles[name] for name in JOINT_NAMES]) <= high + 1e-5).all()


def test_fingers_may_touch_and_what_the_physics_leaves_out_may_not(hand):
    out = {frozenset(pair[:2]) for pair in never_touching(hand)}
    assert frozenset(("rh_ffdistal", "rh_thdistal")) not in out
    assert frozenset(("rh_ffproximal", "rh_ffmiddle")) in out
