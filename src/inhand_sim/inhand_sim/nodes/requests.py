"""The simulator's services: what they are asked for, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import SetBool, Trigger

from inhand_core.poses import from_matrix, relative, to_matrix
from inhand_interfaces.srv import SetObjectPose, Step
from inhand_ros.transforms import pose_matrix
from inhand_sim.layout import Layout
from inhand_sim.pacing import RealTimeLoop

POLICY_TICK_NS = 80_000_000  # what the service sim/step counts in


def pose_in_base(pose: PoseStamped, layout: Layout, prefix: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Position (1, 3) [m] and orientation (1, 4) in hand_base of a pose in hand_base or world, with `prefix` each.

    Raises:
        ValueError: another frame, numbers that are not finite, or a zero quaternion.
    """
    p, q = pose.pose.position, pose.pose.orientation
    numbers, turn = np.array([p.x, p.y, p.z, q.x, q.y, q.z, q.w]), np.array([q.x, q.y, q.z, q.w])
    _, world = known = [f"{prefix}hand_base", f"{prefix}world"]
    if pose.header.frame_id not in known:
        raise ValueError(f"frame_id {pose.header.frame_id!r} is not one of {known}")
    if not np.isfinite(numbers).all() or np.linalg.norm(turn) < 1e-6:
        raise ValueError("the pose is not finite, or its quaternion is zero")
    if pose.header.frame_id == world:
        base = to_matrix(layout.base_position, layout.base_orientation)
        position, orientation = from_matrix(relative(base, pose_matrix(pose.pose)))
        return position[None], orientation[None]
    return numbers[None, :3], turn[None] / np.linalg.norm(turn)


class Requests:
    """The services sim/pause, sim/step, sim/reset and sim/set_object_pose.

    Args:
        node: whose `runner` steps the world.
        loop: that runs it; what changes the world is done there, between two ticks.
    """

    def __init__(self, node: Any, loop: RealTimeLoop) -> None:
        self._node, self._loop = node, loop
        node.create_service(SetBool, "sim/pause", self._on_pause)
        node.create_service(Step, "sim/step", self._on_step)
        node.create_service(Trigger, "sim/reset", self._on_reset)
        node.create_service(SetObjectPose, "sim/set_object_pose", self._on_set_object_pose)

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._loop.pause(request.data)
        response.success, response.message = True, "paused" if request.data else "running"
        return response

    def _on_step(self, request: Step.Request, response: Step.Response) -> Step.Response:
        response.success = self._loop.paused and request.ticks > 0
        if response.success:
            self._loop.run_for(request.ticks * POLICY_TICK_NS // self._node.component_spec.period_ns)
        response.message = "stepping" if response.success else "only a paused simulation steps, and ticks must be > 0"
        return response

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._loop.call(lambda: self._node.runner.reset(np.ones(1, bool)))
        response.success, response.message = True, "new start state and randomisation"
        return response

    def _on_set_object_pose(self, request: Any, response: Any) -> Any:
        worlds = self._node.component
        try:
            pose = pose_in_base(request.pose, worlds.layout, self._node.frame_prefix)
            self._loop.call(lambda: worlds.place_object(np.zeros(1, int), *pose))
            response.success, response.message = True, "placed, at rest"
        except ValueError as error:
            response.success, response.message = False, str(error)
        return response
