"""A check finds what was broken on purpose, and nothing where nothing is."""

import json

import pytest
from bag_maker import SECOND, BagMaker

from inhand_core.config import ConfigError
from inhand_data.bag_check import CheckConfig, check_bag
from inhand_data.bags import BagError
from inhand_data.commands import check

MS = 1_000_000
START = 100 * SECOND


def make(path, left_out=(), backwards=(), offset_ns=0, drift=0.0, seconds=4):
    """Poses at 100 Hz; frames `left_out` are missing, `backwards` are stamped a second early."""
    bag = BagMaker(path)
    for number in range(100 * seconds):
        if number not in left_out:
            stamp = START + number * 10 * MS
            log = stamp + offset_ns + round(drift * (stamp - START))
            stamp -= SECOND if number in backwards else 0
            bag.pose(stamp, number, (0.0, 0.0, 0.0), log_ns=log)
    bag.close()
    return path


def report(path, **config):
    return check_bag(path, CheckConfig(**config)).topics["/object/pose"]


def test_a_whole_bag_has_no_problem(tmp_path):
    found = report(make(tmp_path / "bag"))
    assert found.problems == () and found.messages == 400 and found.dropped == 0
    assert found.rate_hz == pytest.approx(100.0)
    assert check(tmp_path / "bag") == 0


def test_drops_and_gaps_are_found(tmp_path):
    found = report(make(tmp_path / "bag", left_out={50, *range(200, 230)}))
    assert found.dropped == 31 and found.gaps == 1
    assert found.longest_gap_s == pytest.approx(0.31)
    assert [text.split()[1] for text in found.problems] == ["dropped", "gaps,"]


def test_stamps_that_go_back_are_found(tmp_path):
    assert any("go back" in text for text in report(make(tmp_path / "bag", backwards={77})).problems)


def test_clock_offset_and_drift_are_measured(tmp_path):
    found = report(make(tmp_path / "bag", offset_ns=5 * MS, drift=50e-6, seconds=12))
    assert found.offset_ms == pytest.approx(5.3, abs=0.05)
    assert found.drift_ppm == pytest.approx(50.0, rel=0.05)
    assert found.problems == ()
    assert any("clock offset" in text for text in report(tmp_path / "bag", max_offset_s=0.001).problems)


def test_the_command_tells_scripts(tmp_path, capsys):
    bag = make(tmp_path / "bag", left_out={5})
    assert check(bag, json=tmp_path / "report.json") == 1
    told = json.loads((tmp_path / "report.json").read_text())
    assert not told["whole"] and told["topics"]["/object/pose"]["dropped"] == 1
    assert "1 with problems" in capsys.readouterr().out
    with pytest.raises(BagError, match="no such bag"):
        check(tmp_path / "gone")
    (tmp_path / "torn.mcap").write_bytes(next(bag.glob("*.mcap")).read_bytes()[:3000])
    assert check(tmp_path / "torn.mcap") == 1
    assert "torn.mcap was cut off" in capsys.readouterr().out
    (tmp_path / "text.mcap").write_text("no bag")
    with pytest.raises(BagError, match="can be read"):
        check(tmp_path / "text.mcap")
    with pytest.raises(ConfigError, match="regular expression"):
        check(bag, topics="(")


def test_simulated_time_is_what_stamps_are_compared_with(tmp_path):
    """Half real time, from a clock that lags by 40 s: no offset but the 3 ms on the way."""
    bag = BagMaker(tmp_path / "bag")
    kind = bag.store.types["rosgraph_msgs/msg/Clock"]
    for number in range(400):
        stamp = START + number * 10 * MS
        log = START + 40 * SECOND + number * 20 * MS
        time = bag.type("builtin_interfaces/msg/Time", sec=stamp // SECOND, nanosec=stamp % SECOND)
        bag.write("/clock", kind(clock=time), log)
        if number < 399:
            bag.pose(0 if number < 3 else stamp, number, (0.0, 0.0, 0.0), log_ns=log + 6 * MS)
    bag.close()
    found = report(tmp_path / "bag")
    assert found.offset_ms == pytest.approx(3.0, abs=0.1) and found.problems == ()
    assert found.messages == 399  # three of them had no time yet
    assert found.rate_hz == pytest.approx(100.0, rel=0.01)


def test_a_topic_slower_than_the_graph_gives_it_is_not_whole(tmp_path):
    """Regular at 44 Hz, which is only half of what the graph says; and cameras at 7 of 30 Hz."""
    bag = BagMaker(tmp_path / "slow")
    for number in range(100):
        bag.pose(START + number * SECOND // 44, number, (0.0, 0.0, 0.0))
    for number in range(20):
        bag.image("/camera_top/image_raw", START + number * SECOND // 7, 0)
    bag.close()
    found = check_bag(tmp_path / "slow", CheckConfig(max_offset_s=1e9)).topics
    assert "44 of 80 Hz" in found["/object/pose"].problems
    assert found["/object/pose"].expected_hz == 80.0 and found["/object/pose"].gaps == 0
    assert found["/camera_top/image_raw"].problems[0] == "7 of 30 Hz"
    assert not any("of 80 Hz" in text for text in report(tmp_path / "slow", min_rate=0.5).problems)


def test_a_pose_by_sight_is_as_fast_as_the_cameras(tmp_path):
    bag = BagMaker(tmp_path / "sight")
    for number in range(60):
        bag.pose(START + number * SECOND // 30, number, (0.0, 0.0, 0.0))
    for number in range(160):
        bag.pose(START + number * SECOND // 80, number, (0.0, 0.0, 0.0), topic="/mocap/object_pose")
    bag.close()
    assert report(tmp_path / "sight").problems == ()


def test_a_clock_that_steps_back_is_named_and_costs_no_message(tmp_path):
    """Reception goes back by 3 s after 2 s; stamps and numbers go on."""
    bag = BagMaker(tmp_path / "jump")
    kind = bag.store.types["std_msgs/msg/String"]
    for number in range(400):
        stamp = START + number * 10 * MS
        log = stamp - (3 * SECOND if number >= 200 else 0)
        bag.pose(stamp, number, (0.0, 0.0, 0.0), log_ns=log)
        if number % 10 == 0:
            bag.write("/plain", kind(data="x"), log)
    bag.close()
    found = check_bag(tmp_path / "jump", CheckConfig(topics="pose|plain"))
    assert found.problems == ("the recorder's clock went back by 2.99 s at 1.99 s",)
    assert found.topics["/object/pose"].problems == () == found.topics["/plain"].problems
    assert found.topics["/object/pose"].dropped == 0 and found.topics["/object/pose"].restarts == 0
    assert found.topics["/object/pose"].offset_ms == pytest.approx(0.0)
    assert check(tmp_path / "jump", topics="pose") == 1


def test_topics_that_are_stored_late_are_no_step_of_the_clock(tmp_path):
    """A recorder that is held up stores one topic's second behind another's."""
    bag = BagMaker(tmp_path / "held")
    kind = bag.store.types["std_msgs/msg/String"]
    for second in range(4):
        for number in range(100 * second, 100 * second + 100):
            bag.pose(START + number * 12_500_000, number, (0.0, 0.0, 0.0))
        for number in range(10):
            bag.write("/plain", kind(data="x"), START + second * SECOND + number * 100 * MS)
    bag.write("/plain", kind(data="late"), START + SECOND)
    bag.write("/plain", kind(data="x"), START + 4 * SECOND)
    bag.close()
    assert check_bag(tmp_path / "held", CheckConfig(topics="pose|plain")).problems == ()


def test_messages_that_come_late_are_not_dropped_and_a_restart_is_none(tmp_path):
    bag = BagMaker(tmp_path / "late")
    order = [*range(50), 51, 52, 50, *range(53, 100), *range(40)]  # one out of order; then the publisher begins anew
    for at, number in enumerate(order):
        bag.pose(START + at * 12_500_000, number, (0.0, 0.0, 0.0))
    bag.close()
    found = report(tmp_path / "late")
    assert found.dropped == 0 and found.restarts == 1


def test_messages_too_short_for_their_type_are_counted(tmp_path):
    bag = BagMaker(tmp_path / "short")
    for number in range(20):
        bag.pose(START + number * 12_500_000, number, (0.0, 0.0, 0.0))
    connection = next(iter(bag._connections.values()))
    for data in (b"", bytes(4), bytes(10)):
        bag._writer.write(connection, START + SECOND, data)
    bag.close()
    found = report(tmp_path / "short")
    assert found.problems == ("3 messages are too short for their type",) and found.messages == 23
