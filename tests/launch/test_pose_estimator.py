"""The pose estimator's node over DDS: stamps, validity and reasons while cameras come, fall silent, and come back."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
import rclpy
import torch
from geometry_msgs.msg import TransformStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from support.processes import Processes, executable, wait_for
from tf2_msgs.msg import TFMessage

from inhand_description.cameras import CAMERA_NAMES, nominal_info, nominal_pose
from inhand_description.scene import CAMERAS, HAND_BASE
from inhand_interfaces.msg import ObjectPose
from inhand_ros import to_ns
from inhand_ros.images import CameraOutlet
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


def test_bad_weights_end_the_node_with_a_message(processes):
    command = [executable("inhand_vision/pose_estimator_node"), "--ros-args", "-p", "weights:=/gone.safetensors"]
    process = processes.start("broken", command)
    assert process.wait(60.0) == 2
    assert "/gone.safetensors: no such file" in processes.log("broken")
