"""Self-tests of the model: signs, step responses, contact at rest, and servo against torque control."""

import mujoco
import numpy as np
import pytest

from inhand_description import (
    ACTUATORS,
    DROP,
    FINGERS,
    HAND_BASE,
    JOINT_INDEX,
    JOINTS,
    LOCKED_WRIST,
    ModelConfig,
    actuator_matrix,
    build_model,
)

RISE_S, OVERSHOOT, STEADY_RAD, SAG_RAD, AGREEMENT = 0.25, 0.02, 0.01, 0.12, 0.02
"""Stated bounds: time to 90 % of a step, overshoot as a share of it, error after 2 s, pull of gravity;
difference between servo and torque control as a share of the step.

The servos have no integral part, so gravity shows as a steady error of its own: steps are judged without gravity.
"""


def tip(model, finger, **angles):
    data = mujoco.MjData(model)
    for name, angle in angles.items():
        data.qpos[JOINT_INDEX[f"rh_{name}"]] = angle
    mujoco.mj_kinematics(model, data)
    return data.site(f"rh_{finger}tip").xpos.copy()


def test_flexion_moves_fingertips_up_and_towards_the_palm(hand):
    for finger in FINGERS[:4]:
        for joint in ("J3", "J2", "J1"):
            moved = tip(hand, finger, **{f"{finger.upper()}{joint}": 0.6}) - tip(hand, finger)
            assert moved[2] > 0.005 and moved[1] > 0.002, (finger, joint)  # palm faces up, fingers point along -y


def test_abduction_signs(hand):
    """J4 > 0: first and middle finger away from the thumb (+x of the world), ring and little finger towards it."""
    for finger, sign in (("ff", 1), ("mf", 1), ("rf", -1), ("lf", -1)):
        moved = tip(hand, finger, **{f"{finger.upper()}J4": 0.3}) - tip(hand, finger)
        assert moved[0] * sign > 0.01, finger


@pytest.mark.parametrize(
    ("finger", "joint", "axis", "sign"),
    [
        ("ff", "WRJ2", 0, -1),  # the hand turns towards the thumb's side, -x of the world
        ("ff", "WRJ1", 2, 1),  # the palm flexes: up
        ("lf", "LFJ5", 2, 1),  # the palm cups: up
        ("th", "THJ5", 0, 1),  # the thumb comes across, towards the fingers
        ("th", "THJ4", 2, 1),  # and lifts off the palm's plane
        ("th", "THJ3", 2, 1),
        ("th", "THJ2", 0, 1),  # its two last joints flex towards the fingers
        ("th", "THJ1", 0, 1),
    ],
)
def test_signs_of_wrist_palm_and_thumb(hand, finger, joint, axis, sign):
    pose = {"THJ4": 1.0} if joint == "THJ5" else {}  # about its own axis a stretched thumb moves nowhere
    moved = tip(hand, finger, **pose, **{joint: 0.2}) - tip(hand, finger, **pose)
    assert moved[axis] * sign > 0.004


def test_thumb_reaches_towards_the_little_finger(hand):
    little = tip(hand, "lf")
    reach = tip(hand, "th", THJ4=1.2, THJ5=0.5, THJ1=0.5)
    assert np.linalg.norm(reach - little) < np.linalg.norm(tip(hand, "th") - little) - 0.02


def respond(model, index, start, goal, seconds=2.0, torque=False):
    """Angle of one actuated coordinate over time while all others hold; `torque` runs the PD law at 5 ms."""
    model.opt.gravity[:] = 0.0
    data = mujoco.MjData(model)
    data.qpos[:24] = rest_pose()
    if ACTUATORS[index].name.endswith("J4"):  # spread fingers would touch their neighbours: bend those away
        for finger in set(FINGERS[:4]) - {ACTUATORS[index].name[3:5].lower()}:
            data.qpos[JOINT_INDEX[f"rh_{finger.upper()}J3"]] = 1.2
    for joint in ACTUATORS[index].joints:
        data.qpos[JOINT_INDEX[joint]] = start / len(ACTUATORS[index].joints)
    target = actuator_matrix() @ data.qpos[:24]
    target[index] = goal
    kp = np.array([row.kp for row in ACTUATORS])
    kd = np.array([row.kd for row in ACTUATORS])
    every = max(1, round(0.005 / model.opt.timestep))
    trace = []
    for step in range(round(seconds / model.opt.timestep)):
        if torque and step % every == 0:
            angle, speed = actuator_matrix() @ data.qpos[:24], actuator_matrix() @ data.qvel[:24]
            data.ctrl[:] = kp * (target - angle) - kd * speed
        elif not torque:
            data.ctrl[:] = target
        mujoco.mj_step(model, data)
        trace.append((actuator_matrix()[index] @ data.qpos[:24]).item())
    return np.array(trace)


def rest_pose():
    """Joint angles where no finger touches another: slightly bent, thumb aside."""
    q = np.zeros(24)
    for row in JOINTS:
        if row.name[-2:] in ("J3", "J2", "J1") and row.finger in FINGERS[:4]:
            q[JOINT_INDEX[row.name]] = 0.25
    return q


@pytest.mark.parametrize("timestep", [0.001, 0.008])
@pytest.mark.parametrize("index", range(20), ids=[row.name for row in ACTUATORS])
def test_step_response_of_every_actuator(index, timestep):
    """Near the limit of a small step, and at training's step."""
    hand = build_model(ModelConfig(object="none", timestep=timestep))
    row = ACTUATORS[index]
    middle, half = 0.5 * (row.lower + row.upper), 0.5 * (row.upper - row.lower)
    start, goal = middle - 0.4 * half, middle + 0.4 * half
    trace = respond(hand, index, start, goal)
    share = (trace - start) / (goal - start)
    assert np.argmax(share > 0.9) * hand.opt.timestep < RISE_S and share.max() > 0.9
    assert share.max() - 1.0 < OVERSHOOT
    assert abs(trace[-1] - goal) < STEADY_RAD


@pytest.mark.parametrize("index", range(20), ids=[row.name for row in ACTUATORS])
def test_torque_control_at_5_ms_answers_like_the_servo_at_8_ms(index):
    """Training moves the hand by servos, the real-time path by torques, at the same pace."""
    servo = build_model(ModelConfig(object="none", timestep=0.008))
    torque = build_model(ModelConfig(object="none", timestep=0.0025, actuation="torque"))
    row = ACTUATORS[index]
    middle, half = 0.5 * (row.lower + row.upper), 0.5 * (row.upper - row.lower)
    start, goal = middle - 0.4 * half, middle + 0.4 * half
    slow, fast = respond(servo, index, start, goal), respond(torque, index, start, goal, torque=True)
    times = np.arange(0.08, 2.0, 0.08)
    a = np.interp(times, 0.008 * np.arange(1, len(slow) + 1), slow)
    b = np.interp(times, 0.0025 * np.arange(1, len(fast) + 1), fast)
    assert np.abs(a - b).max() < AGREEMENT * (goal - start)


def test_gravity_pulls_no_joint_far(hand):
    data = mujoco.MjData(hand)
    data.qpos[:] = rest_pose()
    data.ctrl[:] = actuator_matrix() @ data.qpos
    for _ in range(2000):
        mujoco.mj_step(hand, data)
    assert np.abs(actuator_matrix() @ data.qpos - data.ctrl).max() < SAG_RAD


@pytest.mark.parametrize(("locked_wrist", "creep"), [(False, 0.020), (True, 0.070)])
def test_block_rests_on_the_palm_for_30_s(locked_wrist, creep):
    """Soft contacts creep: a free wrist sags by 0.1 rad under gravity, and the block slips by 17 mm in 30 s; on the
    palm of a locked wrist, which slopes, by 62 mm, towards the fingers."""
    block = build_model(ModelConfig(locked_wrist=locked_wrist))
    data = mujoco.MjData(block)
    data.qpos[:24] = np.clip(data.qpos[:24], *block.jnt_range[:24].T)
    hold = actuator_matrix() @ data.qpos[:24]
    base = np.array(HAND_BASE.position)
    data.ctrl[:] = hold
    for _ in range(125):
        mujoco.mj_step(block, data)
    settled = data.body("object").xpos.copy()
    for _ in range(round(30.0 / block.opt.timestep)):
        mujoco.mj_step(block, data)
    assert np.isfinite(data.qpos).all()
    assert np.linalg.norm(data.body("object").xpos - settled) < creep
    assert np.abs(data.qvel[24:27]).max() < 0.003
    mount = data.body("hand_base").xmat.reshape(3, 3)
    place = mount.T @ (data.body("object").xpos - base)
    assert (place > DROP.lower).all() and (place < DROP.upper).all()


def test_the_damped_block_stops_tumbling_at_once_and_falls_all_the_same():
    model = build_model(ModelConfig())
    data = mujoco.MjData(model)
    place, speed = model.joint("object").qposadr[0], model.joint("object").dofadr[0]
    data.qpos[place + 2] += 1.0
    data.qvel[speed + 3 : speed + 6] = 10.0
    mujoco.mj_step(model, data, round(0.25 / model.opt.timestep))
    assert np.abs(data.qvel[speed + 3 : speed + 6]).max() < 0.01
    assert data.qvel[speed + 2] == pytest.approx(-9.81 * 0.25, rel=0.03)


def test_no_self_collision_at_rest(hand):
    data = mujoco.MjData(hand)
    for pose in (np.zeros(24), rest_pose()):
        data.qpos[:] = pose
        mujoco.mj_forward(hand, data)
        assert data.ncon == 0


def test_middle_joint_leads_the_distal_one(hand):
    """Free flexion of a coupled finger keeps J2 >= J1."""
    data = mujoco.MjData(hand)
    index = [row.name for row in ACTUATORS].index("rh_FFJ0")
    j2, j1 = JOINT_INDEX["rh_FFJ2"], JOINT_INDEX["rh_FFJ1"]
    data.qpos[:] = rest_pose()
    data.ctrl[:] = actuator_matrix() @ data.qpos
    for goal in (2.5, 0.4):
        data.ctrl[index] = goal
        for _ in range(2000):
            mujoco.mj_step(hand, data)
            assert data.qpos[j2] - data.qpos[j1] > -0.05
        assert abs(data.qpos[j1] + data.qpos[j2] - goal) < STEADY_RAD


def test_locked_wrist_stays(block):
    model = build_model(ModelConfig(locked_wrist=True))
    data = mujoco.MjData(model)
    data.ctrl[:] = model.actuator_ctrlrange[:, 1]
    for _ in range(250):
        mujoco.mj_step(model, data)
    (name, angle), wrist = *LOCKED_WRIST.items(), [JOINT_INDEX[name] for name in ("rh_WRJ1", "rh_WRJ2")]
    assert name == "rh_WRJ1" and abs(data.qpos[wrist[0]] - angle) < 0.02
    assert abs(data.qpos[wrist[1]]) > 0.1  # the other one moves: the paper locks the pitch alone
