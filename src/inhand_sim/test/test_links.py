"""Links: statistics of the noise, delay by one message, the backlash law, and what hidden markers do."""

import dataclasses

import numpy as np
import pytest

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.graph import load_graph
from inhand_core.graph_spec import build_links
from inhand_core.random import row_seeds
from inhand_core.runner import LinkChains, build_runner
from inhand_core.signals import HandAction, Markers, ObjectPose
from inhand_description import ACTUATOR_INDEX, ACTUATOR_NAMES
from inhand_sim.layout import FINGERTIP_MARKERS
from inhand_sim.links.actions import MotorValues

B = 4000
GROUPS = ("observation_noise", "physics", "unmodeled")


def link_specs(topic):
    """What lies on a topic, or for the object's pose and the policy's action between it and who reads it."""
    graph = load_graph("realtime")
    consumers = {"object/pose": ("policy", "object_pose"), "policy/action": ("smoother", "action")}
    if topic in consumers:
        component, port = consumers[topic]
        return graph.component(component).input_links[port]
    return graph.topics[topic].links


def links(topic, batch=B, seed=0):
    made = build_links(link_specs(topic), row_seeds(seed, batch), GROUPS)
    for link in made:
        link.start()
    return {type(link).__name__: link for link in made}


def action(values):
    values = np.broadcast_to(np.asarray(values, float), (B, 20))
    return HandAction(values.copy(), np.full((B, 20), -1), np.zeros(B, int))


def markers(position=0.0, condition=1.0):
    return Markers(np.full((B, 17, 3), position), np.full((B, 17), condition))


def pose(valid=True):
    orientation = np.zeros((B, 4))
    orientation[:, 3] = 1.0
    return ObjectPose(np.zeros((B, 3)), orientation, np.full(B, valid), np.zeros(B))


def test_noise_comes_before_the_smoothing_delay_and_backlash_after_it():
    assert list(links("policy/action")) == ["ActionNoise"]
    assert list(links("hand/action")) == ["ActionDelay", "Backlash"]


@pytest.mark.parametrize("profile", ["realtime", "training", "calibration"])
def test_the_noise_that_reaches_the_hand_is_smoothed(profile):
    """White noise of 0.1 through y = 0.3 y + 0.7 x keeps 0.7 / sqrt(1 - 0.09) of its spread; an offset keeps all."""
    smoother = build_runner(load_graph(profile), "smoother", row_seeds(0, B), GROUPS)
    smoother.output_links = LinkChains({})
    smoother.start()
    seen = [smoother.step({"action": action(1.0)}, k * 80_000_000)["hand/action"].action for k in range(3)]
    assert max(x.max() for x in seen) <= 1.0
    smoother.start()
    for k in range(6):
        still = smoother.step({"action": action(0.0)}, k * 80_000_000)["hand/action"].action
    assert still.std() == pytest.approx(np.hypot(0.1 * 0.7 / np.sqrt(1 - 0.09), 0.03), rel=0.02)


def test_fingertip_noise_is_that_of_table_7():
    link = links("mocap/markers")["MarkerNoise"]
    seen = np.array([link.apply(markers(), 1 / 240).position for _ in range(20)])
    tips, others = seen[:, :, FINGERTIP_MARKERS], np.delete(seen, FINGERTIP_MARKERS, axis=2)
    assert (others == 0.0).all()
    assert tips.mean(0).std() == pytest.approx(np.hypot(0.001, 0.002 / np.sqrt(20)), rel=0.03)
    assert (tips - tips.mean(0)).std() == pytest.approx(0.002 * np.sqrt(19 / 20), rel=0.03)


def test_hidden_marker_keeps_its_noisy_place():
    link = links("mocap/markers")["MarkerNoise"]
    before = link.apply(markers(), 1 / 240).position
    hidden = link.apply(markers(condition=0.0), 1 / 240).position
    assert (hidden[:, FINGERTIP_MARKERS] == before[:, FINGERTIP_MARKERS]).all()


def test_markers_are_lost_at_the_rate_and_for_the_time_of_the_paper():
    link, dt, steps = links("mocap/markers")["MarkerLoss"], 0.04, 100
    lost = np.array([link.apply(markers(position=k), dt).condition[:, FINGERTIP_MARKERS] <= 0 for k in range(steps)])
    starts = lost[1:] & ~lost[:-1]
    seen_time = (~lost[:-1]).sum() * dt
    assert starts.sum() / seen_time == pytest.approx(0.2, rel=0.05)
    first = starts[: steps // 2].argmax(0)
    row, tip = np.nonzero(starts[: steps // 2].any(0))
    for r, t in list(zip(row, tip, strict=True))[:20]:
        begin = first[r, t] + 1
        assert lost[begin : begin + round(1.0 / dt), r, t].all()


def test_lost_marker_holds_its_last_place():
    link = links("mocap/markers")["MarkerLoss"]
    for k in range(50):
        out = link.apply(markers(position=float(k)), 0.08)
        tips = out.position[:, FINGERTIP_MARKERS, 0]
        gone = out.condition[:, FINGERTIP_MARKERS] <= 0
        assert (tips[~gone] == k).all() and (tips[gone] < k).all()
    assert gone.any()


def test_object_noise_is_that_of_table_7():
    link = links("object/pose")["ObjectPoseNoise"]
    seen = [link.apply(pose(), 1 / 80) for _ in range(10)]
    position = np.array([s.position for s in seen])
    assert position.mean(0).std() == pytest.approx(np.hypot(0.005, 0.001 / np.sqrt(10)), rel=0.05)
    assert (position - position.mean(0)).std() == pytest.approx(0.001 * np.sqrt(9 / 10), rel=0.05)
    turn = rotations.angle(seen[0].orientation)
    assert np.sqrt((turn**2).mean()) == pytest.approx(np.hypot(0.1, 0.1), rel=0.05)
    between = rotations.distance(seen[0].orientation, seen[1].orientation)
    assert np.sqrt((between**2).mean()) == pytest.approx(np.hypot(0.1, 0.1), rel=0.05)


def test_invalid_pose_keeps_the_last_noisy_one():
    link = links("object/pose")["ObjectPoseNoise"]
    before = link.apply(pose(), 1 / 80)
    after = link.apply(pose(valid=False), 1 / 80)
    assert (after.position == before.position).all() and (after.orientation == before.orientation).all()


def test_action_noise_is_that_of_table_8():
    link = links("policy/action")["ActionNoise"]
    still = np.array([link.apply(action(0.0), 0.08).action for _ in range(10)])
    assert still.mean(0).std() == pytest.approx(np.hypot(0.03, 0.1 / np.sqrt(10)), rel=0.03)
    assert (still - still.mean(0)).std() == pytest.approx(0.1 * np.sqrt(9 / 10), rel=0.03)
    assert link.apply(action(1.0), 0.08).action.max() > 1.0
    link.config = dataclasses.replace(link.config, clipped=True)
    assert link.apply(action(1.0), 0.08).action.max() == 1.0


def test_half_of_the_actuators_are_late_by_one_message():
    link = links("hand/action")["ActionDelay"]
    first, second = link.apply(action(0.5), 0.08).action, link.apply(action(-0.5), 0.08).action
    late = first == 0.0
    assert late.mean() == pytest.approx(0.5, abs=0.01)
    assert (first[~late] == 0.5).all() and (second[late] == 0.5).all() and (second[~late] == -0.5).all()


@pytest.mark.parametrize(
    ("increment", "first", "back"), [("unclipped", [0.0, 0.0, 0.5, 1.0], -0.5), ("clipped", [0.0, 0.0, 0.0, 1.0], 0.0)]
)
def test_backlash_by_hand(increment, first, back):
    """δ = 5 / s: a full action moves the slack by 0.4 a message, from the middle to its end in two and a half."""
    link = links("hand/action")["Backlash"]
    link.config = dataclasses.replace(link.config, increment=increment)
    link.state.delta[:] = 5.0
    passed = [link.apply(action(1.0), 0.08).action[0, 0] for _ in range(4)]
    assert passed == pytest.approx(first, abs=1e-9)
    link.state.delta[..., 0] = 50.0  # the other way half of one message takes up the slack of 2
    passed = [link.apply(action(-1.0), 0.08).action[0, 0] for _ in range(2)]
    assert passed == pytest.approx([back, -1.0], abs=1e-9)
    assert link.apply(action(0.0), 0.08).action[0, 0] == 0.0


def test_backlash_is_that_of_the_published_hand_in_full_actions():
    """ln δ of a radian and of half of the motor's range: FFJ4 moves by 0.349 rad, MFJ0 by 1.571."""
    config = links("hand/action", batch=1)["Backlash"].config
    values = config.log_deltas()
    assert values[ACTUATOR_INDEX["rh_FFJ4"]] == pytest.approx([3.20, 1.88], abs=0.005)
    assert values[ACTUATOR_INDEX["rh_MFJ0"]] == pytest.approx([2.37, 1.89], abs=0.005)
    assert values.mean() == pytest.approx(3.02, abs=0.05) and values.min() == pytest.approx(0.76, abs=0.005)
    assert set(config.motors.values) == set(ACTUATOR_NAMES)


def test_floor_of_backlash_is_on_the_coefficient():
    """2 / (s rad): where FFJ4 moves by 0.349 rad, 0.698 / s, however low the logarithm is drawn."""
    link = links("hand/action")["Backlash"]
    assert link.state.delta[:, ACTUATOR_INDEX["rh_THJ4"], 0].mean() == pytest.approx(np.exp(0.76), rel=0.02)
    link._log_delta[:] = -5.0
    link.start()
    assert link.state.delta[:, ACTUATOR_INDEX["rh_FFJ4"]] == pytest.approx(2.0 * 0.349)


def test_unknown_motor_is_named():
    with pytest.raises(ConfigError, match=r"unknown motors \['rh_FFJ9'\]; known .*'rh_FFJ0'"):
        MotorValues({"rh_FFJ9": (1.0, 1.0)}, "", "")


def test_nothing_happens_at_scale_zero():
    for topic, signal, field in (
        ("mocap/markers", markers(0.1), "position"),
        ("object/pose", pose(), "position"),
        ("policy/action", action(0.3), "action"),
        ("hand/action", action(0.3), "action"),
    ):
        made = links(topic)
        for link in made.values():
            link.randomization_scale[:] = 0.0
            link.start()
        for link in made.values():
            signal_out = link.apply(signal, 0.08)
            assert np.allclose(getattr(signal_out, field), getattr(signal, field), atol=1e-15)


@pytest.mark.parametrize(
    ("topic", "make"),
    [
        ("mocap/markers", markers),
        ("object/pose", pose),
        ("policy/action", lambda: action(0.4)),
        ("hand/action", lambda: action(0.4)),
    ],
)
def test_a_row_does_not_depend_on_the_batch(topic, make):
    """Row 5 of a batch equals the row alone, bit for bit, with a reset on the way."""
    from inhand_core.signals import row

    many = links(topic)
    alone = build_links(link_specs(topic), row_seeds(0, B)[5:6], GROUPS)
    for link in alone:
        link.start()
    for k in range(6):
        if k == 3:
            mask = np.arange(B) % 5 == 0
            for link in many.values():
                link.reset(mask)
            for link in alone:
                link.reset(mask[5:6])
        big, small = make(), row(make(), 5)
        for link in many.values():
            big = link.apply(big, 0.08)
        for link in alone:
            small = link.apply(small, 0.08)
        for name in type(big).__dataclass_fields__:
            assert np.array_equal(getattr(row(big, 5), name), getattr(small, name)), name
