"""A check finds what was broken on purpose, and nothing where nothing is."""

import json

import pytest
from bag_maker import SECOND, BagMaker

from inhand_eval.bag_check import CheckConfig, check_bag
from inhand_eval.bag_commands import check
from inhand_eval.bags import BagError

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
    return check_bag(path, CheckConfig(**config))["/object/pose"]


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
    with pytest.raises(BagError, match="cannot|can be read"):
        check(tmp_path / "torn.mcap")


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
