"""The hand moves alike in training and in real time: MuJoCo's servos at 8 ms against the C++ controller's torques.

Both answer the same relative action, from the same pose, under gravity. The real-time path is whole: rounded Hall
counts, calibration, velocity estimate, torque and slew limits of config/controller.yaml, a torque every 5 ms.
"""

from __future__ import annotations

import dataclasses

import mujoco
import numpy as np
import pytest

import inhand_control as ic
from inhand_control.config import ControllerParameters, controller_config
from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_description import ACTUATORS, FINGERS, JOINT_INDEX, JOINTS, ModelConfig, build_model

SECONDS = 1.2
ACTION = 0.6
TOLERANCE = 0.05
"""Largest distance between the two, at any policy tick, as a share of the step."""

HAND = ic.load_hand_tables(config_file("hand"))
SERVO = build_model(ModelConfig(object="none", timestep=0.008))
TORQUE = build_model(ModelConfig(object="none", timestep=0.0025, actuation="torque"))


def start_pose(index: int) -> np.ndarray:
    """Slightly bent fingers (24,) [rad], the actuator of the step low in its range, its neighbours out of the way."""
    q = np.zeros(24)
    for row in JOINTS:
        if row.name[-2:] in ("J3", "J2", "J1") and row.finger in FINGERS[:4]:
            q[JOINT_INDEX[row.name]] = 0.25
    actuator = ACTUATORS[index]
    if actuator.name.endswith("J4"):
        for finger in set(FINGERS[:4]) - {actuator.name[3:5].lower()}:
            q[JOINT_INDEX[f"rh_{finger.upper()}J3"]] = 1.2
    low = actuator.lower + 0.1 * (actuator.upper - actuator.lower)
    for joint in actuator.joints:
        q[JOINT_INDEX[joint]] = low / len(actuator.joints)
    return q


def action_of(index: int) -> np.ndarray:
    return np.where(np.arange(20) == index, ACTION, 0.0)[None]


def servo_response(index: int) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and angle [rad] of the actuated coordinate under the training model's servos."""
    data = mujoco.MjData(SERVO)
    data.qpos[:24] = start_pose(index)
    data.ctrl[:] = ic.relative_target(HAND, action_of(index), data.qpos[None, :24])[0]
    trace = []
    for _ in range(round(SECONDS / SERVO.opt.timestep)):
        mujoco.mj_step(SERVO, data)
        trace.append(ic.actuator_position(HAND, data.qpos[None, :24])[0, index])
    return SERVO.opt.timestep * np.arange(1, len(trace) + 1), np.array(trace)


def torque_response(index: int) -> tuple[np.ndarray, np.ndarray]:
    """The same under the C++ controller."""
    parameters = load_config(ControllerParameters, read_yaml(config_file("controller"))).control
    parameters = dataclasses.replace(parameters, action_timeout_s=2 * SECONDS)  # one action for the whole response
    controller = ic.BatchController(HAND, controller_config(parameters), 1)
    data = mujoco.MjData(TORQUE)
    data.qpos[:24] = start_pose(index)
    controller.enable()
    # Through the soft start, the hand held by the bench; then the action.
    before = round(parameters.soft_start_s / parameters.period_s) + 1
    trace = []
    for cycle in range(-before, round(SECONDS / parameters.period_s)):
        now = (cycle + before) * round(parameters.period_s * 1e9)
        controller.offer_sensors(now, now, cycle + before, np.round(ic.uncalibrate(HAND, data.qpos[None, :24])))
        if cycle == 0:
            controller.offer_action(now, 0, action_of(index))
        controller.step(now)
        if cycle < 0:
            continue
        data.ctrl[:] = controller.torque[0]
        for _ in range(2):
            mujoco.mj_step(TORQUE, data)
            trace.append(ic.actuator_position(HAND, data.qpos[None, :24])[0, index])
    assert controller.mode[0] == ic.Mode.RUNNING
    return TORQUE.opt.timestep * np.arange(1, len(trace) + 1), np.array(trace)


@pytest.mark.parametrize("index", range(20), ids=[row.name for row in ACTUATORS])
def test_controller_answers_like_the_servo(index: int) -> None:
    servo, torque = servo_response(index), torque_response(index)
    ticks = np.arange(0.08, SECONDS, 0.08)
    step = servo[1][-1] - ic.actuator_position(HAND, start_pose(index)[None])[0, index]
    assert step > 0.1, "the actuator has to move"
    apart = np.abs(np.interp(ticks, *servo) - np.interp(ticks, *torque))
    print(ACTUATORS[index].name, np.round(step, 3), np.round(apart.max() / step, 4))
    assert apart.max() < TOLERANCE * step
