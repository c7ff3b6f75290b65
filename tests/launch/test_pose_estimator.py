"""The pose estimator's node over DDS: stamps, validity and reasons while cameras come, fall silent, and come back."""

from __future__ import annotations

import array
import copy
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
import torch
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TransformStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from support.processes import Processes, executable, wait_for
from tf2_msgs.msg import TFMessage

from inhand_description.cameras import CAMERA_NAMES, nominal_info, nominal_pose
from inhand_description.scene import CAMERAS, HAND_BASE
from inhand_interfaces.msg import ObjectPose
from inhand_ros import to_ns
from inhand_ros.images import CameraOutlet, image_message, info_message
from inhand_ros.one_publisher import BEGIN_S
from inhand_ros.qos import observer_qos
from inhand_vision.images import load_image_config
from inhand_vision.network import RegressionNetwork
from inhand_vision.weights import VisionMetadata, save_vision

PERIOD_S = 0.1


class Rig:
    """Three cameras at 10 Hz that can be switched off one by one, and what the node says of their images."""

    def __init__(self, domain: int) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = rclpy.create_node("rig", context=self.context)
        self.on = dict.fromkeys(CAMERA_NAMES, True)
        self.poses: list[ObjectPose] = []
        self.stamps: set[int] = set()
        self._outlets = {row: CameraOutlet(self.node, nominal_info(row)) for row in CAMERAS}
        self._frames = self.node.create_publisher(
            TFMessage, "/tf_static", QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        )
        self._frames.publish(TFMessage(transforms=list(frames())))
        self.node.create_subscription(ObjectPose, "object/pose", self.poses.append, observer_qos())
        self.node.create_timer(PERIOD_S, self._shoot)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self._image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
        self._thread = threading.Thread(target=self.executor.spin)
        self._thread.start()

    def _shoot(self) -> None:
        stamp = self.node.get_clock().now().nanoseconds
        self.stamps.add(stamp)
        for row, outlet in self._outlets.items():
            if self.on[f"camera_{row.name}"]:
                outlet.publish(self._image, stamp)

    def until(self, condition, processes: Processes) -> ObjectPose:
        """The first new pose that fulfils the condition."""
        seen = len(self.poses)
        wait_for(lambda: any(condition(p) for p in self.poses[seen:]), 60.0, processes.logs)
        return next(p for p in self.poses[seen:] if condition(p))

    def close(self) -> None:
        """Ends thread and node."""
        self.executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


def frames() -> Iterator[TransformStamped]:
    """The static frames of hand and cameras."""
    poses = {"hand_base": (HAND_BASE.position, HAND_BASE.orientation)}
    for row, name in zip(CAMERAS, CAMERA_NAMES, strict=True):
        pose = nominal_pose(row)
        poses[f"{name}_optical_frame"] = (pose.position, pose.orientation)
    for name, (position, orientation) in poses.items():
        frame = TransformStamped(child_frame_id=name)
        frame.header.frame_id = "world"
        t, r = frame.transform.translation, frame.transform.rotation
        t.x, t.y, t.z = position
        r.x, r.y, r.z, r.w = orientation
        yield frame


@pytest.fixture
def rig(processes: Processes, domain: int, tmp_path) -> Iterator[Rig]:
    """The node with weights that were never trained, and cameras before it."""
    torch.manual_seed(0)
    path = tmp_path / "vision.safetensors"
    save_vision(path, VisionMetadata("regression", "block", load_image_config(), 0), RegressionNetwork())
    command = [executable("inhand_vision/pose_estimator_node"), "--ros-args", "-p", f"weights:={path}"]
    processes.start("pose_estimator", [*command, "-p", "max_age_s:=5.0"])  # a busy machine is slow at this
    cameras = Rig(domain)
    yield cameras
    cameras.close()


def test_poses_are_stamped_with_their_images_and_say_why_they_are_not_valid(rig, processes):
    pose = rig.until(lambda p: p.valid, processes)
    assert to_ns(pose.header.stamp) in rig.stamps
    assert pose.source == "vision" and pose.header.frame_id == "hand_base" and pose.reason == "" and pose.age == 0.0
    covariance = np.array(pose.pose.covariance).reshape(6, 6)
    assert (np.diagonal(covariance) > 0.0).all()

    rig.on["camera_right"] = False
    late = rig.until(lambda p: "missing: ['camera_right']" in p.reason, processes)
    assert not late.valid
    assert to_ns(late.header.stamp) in rig.stamps

    rig.on = dict.fromkeys(CAMERA_NAMES, False)
    stale = rig.until(lambda p: "stale" in p.reason, processes)
    assert not stale.valid and stale.age > 0.0

    rig.on = dict.fromkeys(CAMERA_NAMES, True)
    rig.until(lambda p: p.valid, processes)
    sequences = [p.sequence for p in rig.poses]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


BAD_IMAGES = {
    "'16UC1' is not one of": {"encoding": "16UC1"},
    "'nv12' is not one of": {"encoding": "nv12"},
    "no data": {"data": array.array("B")},
    "bytes of data": {"data": array.array("B", bytes(100))},
    "pixels are no image": {"width": 0},
}
BAD_INFOS = {
    "found 6": {"d": [0.1, 0.0, 0.0, 0.0, 0.0, 0.01]},
    "smaller than the crop": {"width": 320, "height": 240},
    "focal lengths": {"k": np.array([-800.0, 0, 320, 0, 800, 240, 0, 0, 1])},
    "'kannala' is not one of": {"distortion_model": "kannala"},
}


def test_messages_that_cannot_be_used_are_named_and_end_nothing(rig, processes):
    """Each beside the good ones of the other cameras; the node goes on, and says what is wrong with which camera."""
    rig.until(lambda p: p.valid, processes)
    rig.on["camera_top"] = False
    own = {publisher.topic_name: publisher for publisher in rig.node.publishers}  # others are refused
    images, infos = own["/camera_top/image_raw"], own["/camera_top/camera_info"]
    heard: list[str] = []
    rig.node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda m: heard.extend(s.message for s in m.status), 10
    )
    cases = [(images, image_message(np.zeros((480, 640, 3), np.uint8), Header()), BAD_IMAGES)]
    cases += [(infos, info_message(nominal_info(CAMERAS[0])), BAD_INFOS)]
    for publisher, good, changes in cases:
        for words, change in changes.items():
            message = copy.deepcopy(good)
            for name, value in change.items():
                setattr(message, name, value)

            def said(publisher=publisher, message=message, words=words) -> bool:
                message.header.stamp = rig.node.get_clock().now().to_msg()
                publisher.publish(message)
                time.sleep(0.2)
                return any("camera_top" in text and words in text for text in heard)

            wait_for(said, 60.0, lambda words=words: f"{words!r} not in {heard[-5:]}")
    rig.on["camera_top"] = True
    rig.until(lambda p: p.valid, processes)
    assert processes.running["pose_estimator"].poll() is None


def test_a_node_that_was_ended_says_nothing_of_images_that_go_on(rig, processes):
    def change(transition: int) -> bool:
        client = rig.node.create_client(ChangeState, "pose_estimator/change_state")
        assert client.wait_for_service(60.0)
        future = client.call_async(ChangeState.Request(transition=Transition(id=transition)))
        wait_for(future.done, 60.0, processes.logs)
        return future.result().success

    def silent() -> bool:
        time.sleep(1.0)  # what is on its way
        before, shot = len(rig.poses), len(rig.stamps)
        wait_for(lambda: len(rig.stamps) > shot + 10, 60.0, "images")
        return len(rig.poses) == before

    for off, on in (
        ([Transition.TRANSITION_DEACTIVATE], [Transition.TRANSITION_ACTIVATE]),
        (
            [Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP],
            [Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE],
        ),
        ([Transition.TRANSITION_ACTIVE_SHUTDOWN], []),
    ):
        rig.until(lambda p: p.valid, processes)
        assert all(map(change, off)) and silent()
        assert all(map(change, on))


def test_a_second_publisher_of_images_is_not_looked_at(rig, processes):
    """Of another node: a bag that is played beside the cameras, a second simulator."""
    rig.until(lambda p: p.valid, processes)
    begun = time.monotonic()
    while time.monotonic() - begun < BEGIN_S + 1.0:  # one that speaks earlier was there from the beginning
        rig.until(lambda p: p.valid, processes)
    other = rclpy.create_node("other", context=rig.context)
    outlet, heard = other.create_publisher(Image, "camera_top/image_raw", 1), []
    rig.node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda m: heard.extend(s.message for s in m.status), 10
    )
    foreign = image_message(np.zeros((480, 640, 3), np.uint8), Header())

    def said() -> bool:
        foreign.header.stamp = rig.node.get_clock().now().to_msg()
        outlet.publish(foreign)
        time.sleep(0.05)
        return any("camera_top/image_raw: /other publishes too and is refused" in text for text in heard)

    wait_for(said, 60.0, lambda: f"heard {heard[-3:]}")
    other.destroy_node()


def test_bad_weights_end_the_node_with_a_message(processes):
    command = [executable("inhand_vision/pose_estimator_node"), "--ros-args", "-p", "weights:=/gone.safetensors"]
    process = processes.start("broken", command)
    assert process.wait(60.0) == 2
    assert "/gone.safetensors: no such file" in processes.log("broken")
