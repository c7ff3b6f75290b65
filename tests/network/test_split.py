"""The graph on two hosts with real DDS between them: it works over a bad network, holds without one, and resumes."""

from __future__ import annotations

from pathlib import Path

from inhand_bench.network.commands import Split
from inhand_interfaces.msg import ControllerStatus

LONG = 120.0


def test_the_hand_holds_when_the_wire_is_cut_and_resumes(two_hosts, tmp_path: Path) -> None:
    split = Split(two_hosts(loss=0.05, delay_s=0.02), tmp_path)
    split.wait_for_mode(ControllerStatus.RUNNING, 0.0, LONG)
    before = split.reports()[-1].holds
    split.cut(2.0)  # raises when the controller does not hold, or does not run again
    assert split.reports()[-1].holds > before
    assert ControllerStatus.STOPPED not in {report.mode for report in split.reports()}
    started = (tmp_path / "policy.log").read_text()
    assert "[policy_node-" in started
    assert "rt_node" not in started and "sim_node" not in started
    assert "policy_node" not in (tmp_path / "hand.log").read_text()
    assert "XMLPARSER" not in started, "Fast DDS does not take config/dds/split.xml"
