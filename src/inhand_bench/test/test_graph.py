"""The report of `inhand bench graph`, of runs made up here."""

from __future__ import annotations

import pytest

from inhand_bench import graph as bench_graph
from inhand_bench.graph import Run, by_name, report


def run(loops: int, factor: float, others: float = 0.0, **cores: float) -> Run:
    summary = {
        "duration_s": 30.0,
        "goals": 6,
        "real_time_factor": factor,
        "holds": 0,
        "zero_torques": 1,
        "trials_by_end": {"interrupted": 1, "overloaded": 2, "dropped": 5},
        "marker_to_motor_ms": {"p50": 8.04, "p99": 25.5},
        "policy_period_ms": {"p50": None, "p99": None},
    }
    return Run(loops, summary, cores, others)


def test_the_table_has_a_column_a_condition_and_medians_of_its_runs(monkeypatch):
    monkeypatch.setattr("inhand_bench.graph.load", lambda: 1.0)
    alone = [run(0, 0.9, sim_node=0.5), run(0, 1.0, sim_node=0.3), run(0, 0.95, sim_node=0.4)]
    rows = report({0: alone, 4: [run(4, 0.4, sim_node=0.1, policy_node=0.2)]}, 30.0, 2).splitlines()
    assert rows[0] == "30 simulated seconds a run on 2 cores, load 1.0"
    assert "|  | alone | 4 busy loops |" in rows
    assert "| real-time factor | 0.95 | 0.40 |" in rows
    assert "| goals a simulated minute | 12.0 | 12.0 |" in rows
    assert "| interrupted trials | 3 | 3 |" in rows
    assert "| marker to motor, wall, p50 / p99 | 8.0 / 25.5 ms | 8.0 / 25.5 ms |" in rows
    assert "| policy period, wall, p50 / p99 | none / none ms | none / none ms |" in rows
    assert "| … sim_node | 0.40 | 0.10 |" in rows and "| … policy_node | 0.00 | 0.20 |" in rows
    assert not any("MARKED" in row for row in rows)


def test_figures_beside_others_are_marked():
    assert "MARKED: others used 0.80 of 2 cores" in report({0: [run(0, 1.0, others=0.8)]}, 30.0, 2)


def test_processes_of_one_program_are_summed():
    assert by_name({1: 0.1, 2: 0.2, 3: 0.3}, {1: "camera", 2: "camera", 3: "sim_node"}) == {
        "camera": pytest.approx(0.3),
        "sim_node": 0.3,
    }


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        ({"cores": 10_000}, "cores must be in"),
        ({"seconds": -1.0}, "seconds"),
        ({"loops": (-1,)}, "loops"),
        ({"repeats": 0}, "repeats"),
    ],
)
def test_bad_arguments_are_refused_before_anything_starts(arguments, culprit):
    with pytest.raises(ValueError, match=culprit):
        bench_graph.graph(**arguments)
