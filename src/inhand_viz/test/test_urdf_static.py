"""What RViz and robot_state_publisher would complain about in the URDF, without them."""

from __future__ import annotations

import logging
import os
import warnings
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yourdfpy

from inhand_core.paths import resource_root
from inhand_description import JOINTS
from inhand_viz.model import hand_mesh
from inhand_viz.topics import HAND_BASE, WORLD

HAND = resource_root() / "urdf" / "hand.urdf"
FILES = sorted((resource_root() / "urdf").glob("*.urdf"))


def robot(path: Path) -> ElementTree.Element:
    return ElementTree.parse(path).getroot()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that addresses of meshes name, as if it were installed."""
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "inhand_bringup").symlink_to(resource_root())
    monkeypatch.setenv("AMENT_PREFIX_PATH", os.pathsep.join([str(tmp_path), os.environ.get("AMENT_PREFIX_PATH", "")]))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_loads_without_a_warning(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        loaded = yourdfpy.URDF.load(
            str(path), filename_handler=lambda fname: str(hand_mesh(fname)), load_meshes=True, build_scene_graph=True
        )
    assert caplog.records == [] and loaded.validate()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_are_unique_and_every_joint_connects_links_in_one_tree(path: Path) -> None:
    links = [link.get("name") for link in robot(path).findall("link")]
    joints = robot(path).findall("joint")
    assert max(Counter(links).values()) == 1
    assert max(Counter(j.get("name") for j in joints).values(), default=1) == 1
    children = [joint.find("child").get("link") for joint in joints]
    assert {joint.find("parent").get("link") for joint in joints} | set(children) <= set(links)
    assert max(Counter(children).values(), default=1) == 1 and len(set(links) - set(children)) == 1


def test_every_joint_has_the_limits_of_the_table() -> None:
    limits = {j.get("name"): j.find("limit") for j in robot(HAND).findall("joint") if j.get("type") == "revolute"}
    assert list(limits) and set(limits) == {row.name for row in JOINTS}
    for row in JOINTS:
        limit = limits[row.name]
        given = [float(limit.get(key)) for key in ("lower", "upper")]
        np.testing.assert_allclose(given, (row.lower, row.upper), atol=1e-8)
        assert given[0] < given[1] and float(limit.get("effort")) > 0 and float(limit.get("velocity")) > 0


def test_no_joint_is_a_mimic_because_no_ratio_is_fixed() -> None:
    """The tendon of a finger couples J1 and J2 one-sidedly: J2 leads, and J1 may be anywhere the load puts it."""
    assert robot(HAND).findall("joint/mimic") == []


def test_everything_seen_has_a_material_with_a_colour() -> None:
    visuals = [visual for path in FILES for visual in robot(path).findall("link/visual")]
    assert len(visuals) > 20
    for visual in visuals:
        color = visual.find("material/color")
        rgba = [float(value) for value in color.get("rgba").split()]
        assert len(rgba) == 4 and all(0.0 <= value <= 1.0 for value in rgba)


def test_moving_links_have_mass_and_an_inertia_that_a_body_can_have() -> None:
    moving = {j.find("child").get("link") for j in robot(HAND).findall("joint") if j.get("type") == "revolute"}
    for link in robot(HAND).findall("link"):
        if link.get("name") not in moving:
            continue
        inertia = link.find("inertial/inertia")
        diagonal = [float(inertia.get(key)) for key in ("ixx", "iyy", "izz")]
        assert float(link.find("inertial/mass").get("value")) > 0 and min(diagonal) > 0, link.get("name")
        assert 2 * max(diagonal) <= sum(diagonal) * (1 + 1e-9), link.get("name")


def test_frames_are_named_and_turned_as_the_conventions_say() -> None:
    """REP-105: one tree from `world`; REP-103: an optical frame hangs in its camera and is named after it."""
    joints = {joint.find("child").get("link"): joint for joint in robot(HAND).findall("joint")}
    assert joints[HAND_BASE].find("parent").get("link") == WORLD
    for name in joints:
        assert name == name.lower().replace("/", "_") or name.startswith("rh_"), name
    optical = [name for name in joints if name.endswith("_optical_frame")]
    assert len(optical) == 3
    for name in optical:
        assert joints[name].find("parent").get("link") == name.removesuffix("_optical_frame")
