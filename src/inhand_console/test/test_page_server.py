"""Page and scene on a real viser server, without a browser."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import viser

from inhand_console.config import ConsoleConfig
from inhand_console.overlay import NOMINAL
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices, goal_distance
from inhand_console.scene import HAND, HandScene, Scene, Spheres
from inhand_console.snapshot import Snapshot
from inhand_core import ConfigError, load_config, load_graph, read_yaml, rotations
from inhand_core.paths import config_file
from inhand_core.signals import Goal, JointStates, ObjectPose
from inhand_description.cameras import CAMERA_NAMES
from inhand_viz.config import load_viz_config
from inhand_viz.marker_status import COLORS, Seen
from inhand_viz.model import joint_names, load_hand, object_shape

LOOKS = load_viz_config().looks
CONFIG = load_config(ConsoleConfig, read_yaml(config_file("console")))
YES, ZERO = np.array([True]), np.zeros(1)


@pytest.fixture(scope="module")
def server() -> Iterator[viser.ViserServer]:
    server = viser.ViserServer(host="127.0.0.1", port=18300, verbose=False)
    yield server
    server.stop()


def open_page(take: Callable[[float], Snapshot]) -> ConsolePage:
    return ConsolePage(
        replace(CONFIG, port=18400),
        load_hand(),
        joint_names(),
        object_shape("block"),
        load_graph("realtime"),
        0.4,
        take,
        lambda command, value: None,
        Choices(("weights/block.safetensors",), ("none", "all")),
    )


def pose(position: list[float], vector: list[float]) -> ObjectPose:
    turn = rotations.from_rotation_vector(np.array(vector))
    return ObjectPose(np.array([position]), turn[None], YES, ZERO)


def test_links_turn_as_the_tree_says_and_only_when_they_moved(server: viser.ViserServer) -> None:
    tree = load_hand()
    hand = HandScene(server, tree, joint_names(), CONFIG.scene.hand_triangles)
    angles = np.linspace(0.0, 0.5, 24)
    hand.update(JointStates(*[angles[None]] * 3))
    turns = tree.orientations(angles, tree.index(joint_names()))
    for joint, turn in zip(tree.moving, turns, strict=True):
        np.testing.assert_allclose(hand.frame(joint.name).wxyz, rotations.xyzw_to_wxyz(turn))
    for joint in tree.moving:
        hand.frame(joint.name).wxyz = (1.0, 0.0, 0.0, 0.0)
    angles[3] += 0.2
    hand.update(JointStates(*[angles[None]] * 3))
    moved = [joint.name for joint in tree.moving if abs(hand.frame(joint.name).wxyz[0] - 1.0) > 1e-12]
    assert moved == [joint_names()[3]]


def test_object_and_truth_appear_when_they_are_known(server: viser.ViserServer) -> None:
    scene = Scene(server, CONFIG.scene, LOOKS, load_hand(), joint_names(), object_shape("block"))
    assert not (scene.object.visible or scene.true_object.visible)
    scene.update(Snapshot(object_pose=pose([0.1, 0.2, 0.3], [0.0, 0.0, 1.0])))
    assert scene.object.visible and not scene.true_object.visible
    np.testing.assert_allclose(scene.object.position, [0.1, 0.2, 0.3])


def test_frames_are_drawn_where_they_are_and_can_be_hidden(server: viser.ViserServer) -> None:
    scene = Scene(server, CONFIG.scene, LOOKS, load_hand(), joint_names(), object_shape("block"))
    assert scene.axes.shown is CONFIG.scene.frames
    scene.axes.shown = True
    parents = {"world": "", "hand_base": HAND, "object": f"{HAND}/object"}
    parents["rh_palm"] = f"{HAND}/rh_forearm/rh_wrist/rh_palm"
    for name, parent in parents.items():
        frame = scene.axes.frame(name)
        assert frame.name == f"{parent}/axes_{name}" and frame.show_axes and frame.visible
        assert frame.axes_length == CONFIG.scene.frame_length
        np.testing.assert_array_equal([*frame.position, *frame.wxyz], [0, 0, 0, 1, 0, 0, 0])
    for camera in CAMERA_NAMES:
        np.testing.assert_allclose(scene.axes.frame(camera).position, NOMINAL[camera][1][:3, 3])
    turned = np.eye(4)
    turned[:3, :3], turned[:3, 3] = rotations.to_matrix(np.array([0.0, 0.6, 0.0, 0.8])), (1.0, 2.0, 3.0)
    scene.update(Snapshot(camera_poses={"camera_top": turned}))
    np.testing.assert_allclose(scene.axes.frame("camera_top").position, [1.0, 2.0, 3.0])
    np.testing.assert_allclose(scene.axes.frame("camera_top").wxyz, [0.8, 0.0, 0.6, 0.0], atol=1e-12)
    every = [*parents, *CAMERA_NAMES]
    scene.axes.shown = False
    assert not any(scene.axes.frame(name).visible for name in every)
    assert scene.object is not scene.axes.frame("object")
    scene.axes.shown = True
    assert all(scene.axes.frame(name).visible for name in every)


def test_spheres_follow_number_place_and_state_of_the_markers(server: viser.ViserServer) -> None:
    spheres = Spheres(server, "/test_spheres", 0.003)
    places = np.arange(9.0).reshape(3, 3)
    spheres.update(places, np.array([Seen.SEEN, Seen.HELD, Seen.LOST]))
    assert [tuple(ball.color) for ball in spheres.balls] == [COLORS[state] for state in Seen]
    np.testing.assert_allclose([ball.position for ball in spheres.balls], places)
    spheres.update(places[:2] + 1.0, np.array([Seen.SEEN, Seen.SEEN]))
    assert [tuple(ball.color) for ball in spheres.balls] == [COLORS[Seen.SEEN]] * 2
    np.testing.assert_allclose([ball.position for ball in spheres.balls], places[:2] + 1.0)


def test_the_page_is_served_and_a_second_one_takes_the_next_free_port() -> None:
    first = open_page(lambda _: Snapshot())
    second = open_page(lambda _: Snapshot())
    try:
        assert first.url != second.url
        for page in (first, second):
            assert page.url.startswith("http://127.0.0.1:") and page.alive and not page.watched
            with urllib.request.urlopen(page.url, timeout=10.0) as answer:
                assert b"<html" in answer.read().lower()
    finally:
        first.close()
        second.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_page_that_cannot_draw_says_so() -> None:
    asked = threading.Event()

    def fail(_: float) -> Snapshot:
        asked.set()
        raise ValueError("no snapshot")

    page = open_page(fail)
    try:
        assert asked.wait(10.0)
        end = time.monotonic() + 10.0
        while page.alive and time.monotonic() < end:
            time.sleep(0.01)
        assert not page.alive
    finally:
        page.close()


def test_distance_to_the_goal_is_the_angle_of_the_single_rotation() -> None:
    goal = Goal(np.array([1]), np.array([0]), np.array([[0.0, 0.0, 0.0, 1.0]]))
    estimate = pose([0.0, 0.0, 0.0], [0.0, 1.25, 0.0])
    assert goal_distance(Snapshot(goal=goal, object_pose=estimate)) == pytest.approx(1.25)
    assert goal_distance(Snapshot(goal=goal)) is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"scene_hz": 61}, "scene_hz must be in 1"), ({"port": 0}, "port must be in"), ({"colour": 1}, "unknown.*colour")],
)
def test_a_bad_configuration_is_refused_by_name(change: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_config(ConsoleConfig, {**read_yaml(config_file("console")), **change})
