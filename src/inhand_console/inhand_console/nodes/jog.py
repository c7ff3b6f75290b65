"""A step of one joint, in simulation: a trajectory for the node of joint targets, with its limits and states."""

from __future__ import annotations

from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from inhand_console.commands import Command, Outcome
from inhand_console.snapshot import Snapshot
from inhand_core.times import nanoseconds
from inhand_description import JOINT_NAMES

TOPIC = "joint_inlet/joint_trajectory"
WITHIN_S = 0.5
"""A step takes so long [s]; joint angles and the simulator's word are never older than this."""
STATUS, JOINTS = "sim/status", "joint_states"


def step(value: str, snapshot: Snapshot) -> JointTrajectory:
    """The trajectory of "joint step" [rad] from where that joint is now.

    Raises:
        ValueError: there is no simulator, or what is known of it is old; the text says so.
    """
    ages = [snapshot.rates[topic].age for topic in (STATUS, JOINTS) if topic in snapshot.rates]
    if snapshot.simulator is None or snapshot.joint_states is None or len(ages) < 2:
        raise ValueError("a joint is moved by hand in simulation alone, and no simulator is seen")
    if not all(age is not None and age <= WITHIN_S for age in ages) or snapshot.simulator.paused:
        raise ValueError("the simulation stands still, or the page is behind it")
    joint, turn = value.split()
    angle = float(snapshot.joint_states.position[0, JOINT_NAMES.index(joint)]) + float(turn)
    point = JointTrajectoryPoint(positions=[angle])
    point.time_from_start.nanosec = nanoseconds(WITHIN_S)
    return JointTrajectory(joint_names=[joint], points=[point])


class Jog:
    """Publishes steps for the page.

    Args:
        node: whose publisher it is.
    """

    def __init__(self, node: Node) -> None:
        self._publisher = node.create_publisher(JointTrajectory, TOPIC, 1)

    def press(self, value: str, snapshot: Snapshot) -> Outcome:
        """Sends a step, and says whether it was sent; whether it is refused Health says of the node `joint_inlet`."""
        if not self._publisher.get_subscription_count():
            why = "nobody takes joint targets: start the simulation with policy:=joints"
            return Outcome(Command.JOG, False, why)
        try:
            self._publisher.publish(step(value, snapshot))
        except ValueError as error:
            return Outcome(Command.JOG, False, str(error))
        return Outcome(Command.JOG, True, value.split(maxsplit=1)[0])
