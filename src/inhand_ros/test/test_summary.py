"""The summary's meters, on runs worked out by hand."""

import json

import pytest

from inhand_core.signals import EndReason, TrialState
from inhand_interfaces.msg import ControllerStatus, SimStatus
from inhand_ros.overload import Overload
from inhand_ros.summary import LatencyMeter, Summary, TopicMeter, TrialMeter, real_time_factor
from inhand_ros.watch import SilenceWatch

MS = 1_000_000


def test_rate_is_by_the_writers_stamps():
    meter = TopicMeter(numbered=True)
    for n in range(11):
        meter.add(5_000 * MS + n * 80 * MS, n)
    assert meter.rate == pytest.approx(12.5)
    assert TopicMeter(numbered=True).rate == 0.0


def test_latency_is_from_the_frame_used_to_the_next_command():
    meter = LatencyMeter()
    meter.add("/mocap/markers", 100 * MS, 10)  # wall, stamp
    meter.add("/object/pose", 101 * MS, 10)
    meter.add("/mocap/markers", 104 * MS, 20)  # newer, but no pose of it before the action
    meter.add("/policy/action", 105 * MS, 15)
    meter.add("/hand/motor_commands", 106 * MS, 0)  # before the action reaches the hand
    meter.add("/hand/action", 107 * MS, 15)
    meter.add("/hand/motor_commands", 111 * MS, 0)
    meter.add("/hand/motor_commands", 116 * MS, 0)
    assert meter.samples == [11 * MS]


def test_a_pose_newer_than_the_action_was_not_used():
    meter = LatencyMeter()
    meter.add("/hand/motor_commands", 99 * MS, 0)
    for wall, stamp in ((100, 10), (104, 20)):
        meter.add("/mocap/markers", wall * MS, stamp)
        meter.add("/object/pose", wall * MS + 1, stamp)
    meter.add("/policy/action", 105 * MS, 15)
    meter.add("/hand/action", 106 * MS, 15)
    meter.add("/hand/motor_commands", 110 * MS, 0)
    assert meter.samples == [10 * MS]


def test_actions_before_the_first_command_heard_do_not_count():
    meter = LatencyMeter()
    meter.add("/mocap/markers", 100 * MS, 10)
    meter.add("/object/pose", 101 * MS, 10)
    meter.add("/policy/action", 105 * MS, 15)
    meter.add("/hand/action", 106 * MS, 15)
    meter.add("/hand/motor_commands", 2_110 * MS, 0)  # earlier ones were sent, but not yet heard
    assert meter.samples == []


def test_goals_and_ends_are_counted_over_trials_and_repeated_messages():
    meter = TrialMeter()
    running, ended = TrialState.RUNNING, TrialState.ENDED
    for message in [
        (1, 0, running, EndReason.NONE),
        (1, 1, running, EndReason.NONE),
        (1, 1, running, EndReason.NONE),
        (1, 2, running, EndReason.NONE),
        (1, 2, ended, EndReason.DROPPED),
        (1, 2, ended, EndReason.DROPPED),
        (2, 0, running, EndReason.NONE),
        (2, 1, running, EndReason.NONE),
        (2, 1, ended, EndReason.TIMEOUT),
        (3, 0, running, EndReason.NONE),
    ]:
        meter.add(*message)
    assert (meter.goals, meter.best) == (3, 2)
    assert meter.ended == {"dropped": 1, "timeout": 1, "success": 0, "stopped": 0, "interrupted": 0, "overloaded": 0}


def test_the_result_of_an_empty_run_is_json_and_says_none():
    result = json.loads(json.dumps(Summary({"/trial": True}).result(0.0, 0.0, Overload())))
    assert result["real_time_factor"] is None
    assert result["policy_period_ms"] == {"n": 0, "p50": None, "p99": None, "max": None}


def test_what_was_before_the_first_action_does_not_count():
    summary = Summary({})
    summary.controller, summary.sim = ControllerStatus(holds=1, refused_nan=2), None
    summary.begin()
    summary.controller = ControllerStatus(holds=1, zero_torques=3, refused_nan=2, refused_stale=1)
    result = summary.result(10.0, 20.0, Overload(5.0, 0.4))
    assert (result["holds"], result["zero_torques"], result["refused_commands"]) == (0, 3, 1)
    assert (result["duration_s"], result["wall_s"]) == (10.0, 20.0)
    assert result["overload"] == {"seconds": 5.0, "lowest_factor": 0.4, "deadlines": 0}


def test_the_real_time_factor_is_that_of_the_run():
    begun = SimStatus(ticks=400, real_time_factor_total=1.0)  # 1 s of simulation in 1 s
    ended = SimStatus(ticks=800, real_time_factor_total=2.0 / 3.0)  # and another one in 2 s
    assert real_time_factor(begun, ended) == pytest.approx(0.5)
    assert real_time_factor(None, ended) == pytest.approx(2.0 / 3.0)
    assert real_time_factor(ended, begun) == pytest.approx(1.0), "a simulator that started again"


def test_silence_is_reported_once_and_its_end_too():
    watch = SilenceWatch({"/a": "maker", "/b": "other"}, limit=1.0)
    watch.heard("/a", 10.0)
    assert watch.look(10.9) == []
    (report,) = watch.look(11.5)
    assert "/a" in report and "'maker'" in report
    assert watch.look(12.0) == [] and list(watch.silent) == ["/a"]
    watch.heard("/a", 13.0)
    (report,) = watch.look(13.1)
    assert "back after 3.0 s" in report
    assert watch.look(13.2) == [] and watch.never_heard() == ["/b"]
