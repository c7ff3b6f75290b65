"""The tree of frames: against rotation matrices built by hand, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inhand_core import rotations
from inhand_viz.model import load_hand
from inhand_viz.urdf_tree import UrdfError, UrdfTree, mesh_path


def test_joints_come_after_the_joints_they_hang_on(robot_text: str) -> None:
    tree = UrdfTree(robot_text)
    assert tree.root == "base"
    assert [joint.name for joint in tree.joints] == ["mount", "bend", "follow"]
    assert [joint.name for joint in tree.moving] == ["bend", "follow"]
    assert [joint.name for joint in tree.fixed] == ["mount"]
    assert tree.path("tip") == "base/arm/finger/tip"


def test_rpy_is_roll_then_pitch_then_yaw_about_fixed_axes(robot_text: str) -> None:
    bend = UrdfTree(robot_text).moving[0]
    expected = Rotation.from_euler("xyz", [0.3, -0.2, 0.7]).as_matrix()
    np.testing.assert_allclose(rotations.to_matrix(bend.orientation), expected, atol=1e-12)


def test_a_joint_turns_about_its_axis_in_the_childs_frame_and_a_mimic_follows(robot_text: str) -> None:
    tree = UrdfTree(robot_text)
    turns = tree.orientations(np.array([9.0, 0.4]), tree.index(["other", "bend"]))
    zero = Rotation.from_euler("xyz", [0.3, -0.2, 0.7])
    expected = (zero * Rotation.from_rotvec([0.0, 0.4, 0.0])).as_matrix()
    np.testing.assert_allclose(rotations.to_matrix(turns[0]), expected, atol=1e-12)
    expected = Rotation.from_rotvec([2 * 0.4 + 0.1, 0.0, 0.0]).as_matrix()
    np.testing.assert_allclose(rotations.to_matrix(turns[1]), expected, atol=1e-12)


def test_visuals_know_link_shape_pose_and_colour(robot_text: str) -> None:
    by_link = {visual.link: visual for visual in UrdfTree(robot_text).visuals}
    assert by_link["arm"].shape == "box" and by_link["arm"].size == (0.02, 0.02, 0.2)
    np.testing.assert_allclose(by_link["arm"].position, [0, 0, 0.1])
    assert by_link["arm"].color == (0.5, 0.5, 0.5, 1.0)
    assert by_link["finger"].color == (1.0, 0.0, 0.0, 0.5)


@pytest.mark.parametrize(
    ("change", "culprit"),
    [
        (('name="mount" type="fixed"', 'name="mount" type="floating"'), "mount.*floating"),
        (('<parent link="base"/>', '<parent link="bass"/>'), r"hang on no known link: \['follow', 'mount', 'bend'\]"),
        (('<link name="base"/>', '<link name="base"/><link name="loose"/>'), "'base', 'loose'"),
        (("<sphere ", "<ball "), "'ball'.*sphere"),
        (("</robot>", ""), "not a URDF"),
    ],
)
def test_errors_name_the_culprit(robot_text: str, change: tuple[str, str], culprit: str) -> None:
    assert change[0] in robot_text
    with pytest.raises(UrdfError, match=culprit):
        UrdfTree(robot_text.replace(*change))


def test_a_missing_angle_is_named(robot_text: str) -> None:
    with pytest.raises(UrdfError, match=r"no angle for \['bend'\]; given \['other'\]"):
        UrdfTree(robot_text).index(["other"])


def test_meshes_lie_in_packages_and_at_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "share" / "some_pkg").mkdir(parents=True)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert mesh_path("package://some_pkg/a/b.stl") == tmp_path / "share/some_pkg/a/b.stl"
    assert mesh_path("file:///a/b.stl") == mesh_path("/a/b.stl") == Path("/a/b.stl")
    with pytest.raises(UrdfError, match="no package 'other'"):
        mesh_path("package://other/b.stl")
    with pytest.raises(UrdfError, match="'meshes/b.stl': expected package://"):
        mesh_path("meshes/b.stl")


CHAIN = '<robot name="r"><link name="a"/><link name="b"/><joint name="j" type="revolute">{}</joint></robot>'
ENDS = '<parent link="a"/><child link="b"/>'


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (f'{ENDS}<origin xyz="nan 0 0"/>', "joint 'j': origin xyz: expected 3 finite numbers, found 'nan 0 0'"),
        (f'{ENDS}<origin rpy="0 inf 0"/>', "joint 'j': origin rpy"),
        (f'{ENDS}<origin xyz="0 0"/>', "joint 'j': origin xyz: expected 3"),
        (f'{ENDS}<axis xyz="nan 0 1"/>', "joint 'j': axis xyz"),
        (f'{ENDS}<axis xyz="0 0 0"/>', "joint 'j': axis xyz: a direction of length 0"),
        (f'{ENDS}<axis xyz="x y z"/>', "joint 'j': axis xyz: could not convert"),
        (f'{ENDS}<mimic joint="k" multiplier="nan"/>', "joint 'j': mimic"),
    ],
)
def test_numbers_that_are_none_are_refused_by_element(inside: str, words: str) -> None:
    with pytest.raises(UrdfError, match=words):
        UrdfTree(CHAIN.format(inside))


def test_a_long_chain_is_sorted_in_one_pass_and_a_cycle_is_refused() -> None:
    """Layer by layer in the order of the document; joints were compared with each other, thousands with thousands."""
    count = 3000
    joints = [
        f'<joint name="j{i}" type="fixed"><parent link="l{i}"/><child link="l{i + 1}"/></joint>' for i in range(count)
    ]
    links = "".join(f'<link name="l{i}"/>' for i in range(count + 1))
    tree = UrdfTree(f'<robot name="r">{links}{"".join(reversed(joints))}</robot>')
    assert [joint.name for joint in tree.joints] == [f"j{i}" for i in range(count)]
    cycle = '<joint name="c{0}" type="fixed"><parent link="x{0}"/><child link="x{1}"/></joint>'
    text = f'<link name="root"/><link name="x0"/><link name="x1"/>{cycle.format(0, 1)}{cycle.format(1, 0)}'
    with pytest.raises(UrdfError, match=r"hang on no known link: \['c0', 'c1'\]"):
        UrdfTree(f'<robot name="r">{text}</robot>')


def test_links_of_a_second_hand_have_their_prefix_and_joints_keep_their_names() -> None:
    plain, left = load_hand(), load_hand(prefix="left_")
    assert left.links == [f"left_{link}" for link in plain.links] and left.root == "left_world"
    assert [joint.name for joint in left.joints] == [joint.name for joint in plain.joints]
    assert [joint.child for joint in left.moving] == [f"left_{joint.child}" for joint in plain.moving]
    assert [visual.filename for visual in left.visuals] == [visual.filename for visual in plain.visuals]
