"""`inhand bench network` in its shortest form: a row that ran, and the table that docs/deploy.md shows."""

from __future__ import annotations

import json
import re

import pytest

from inhand_bench.network.commands import TITLES, network, table
from inhand_bench.network.hosts import why_not
from inhand_core.paths import resource_root

ROW = {
    "load": 0.5,
    "loss": 0.05,
    "delay_ms": 20.0,
    "goals": 7.0,
    "drops": 6.0,
    "holds": 8.0,
    "policy_period_ms": {"p50": 80.031, "p99": 107.85, "max": 200.0},
    "marker_to_motor_ms": {"p50": 54.5, "p99": 119.3, "max": 200.0},
    "hold_after_s": 0.26,
    "resume_after_s": 0.11,
}


def test_the_table_is_markdown_with_a_row_a_condition() -> None:
    head, rule, row = table([ROW]).splitlines()
    assert head.count("|") == rule.count("|") == row.count("|") == len(TITLES) + 1
    assert row == "| 5 %, 20 ms | 7 | 6 | 8 | 80.0 / 107.8 ms | 54.5 / 119.3 ms | 0.26 s | 0.11 s |"
    silent = {**ROW, "marker_to_motor_ms": {"p50": None, "p99": None}}
    assert "| none |" in table([silent])


def test_the_page_shows_the_columns_that_the_bench_prints() -> None:
    assert f"| {' | '.join(TITLES)} |" in (resource_root() / "docs" / "deploy.md").read_text()


@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_a_short_run_prints_rows_and_the_table(capfd) -> None:
    assert network(loss=(0.05,), delay_ms=(20.0,), seconds=2.0, cuts=1, repeats=1) == 0
    printed = capfd.readouterr().out.splitlines()
    measured = json.loads(printed[0])
    assert 0 < measured["frames_lost"] < 0.2 and measured["hold_after_s"] > 0
    assert printed[-3] == f"| {' | '.join(TITLES)} |" and re.match(r"\| 5 %, 20 ms \|", printed[-1])
