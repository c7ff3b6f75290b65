"""A row of a batch equals the single run: every topic, bit for bit; the network a row at a time."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from inhand_core.graph import InProcessGraph, load_graph
from inhand_core.signals import Signal, row
from inhand_policy.export import initial_weights
from inhand_policy.network import NetworkSizes
from inhand_policy.weights import save_weights

SEED, BATCH, ROWS = 5, 64, (0, 1, 17, 63)
TICKS = {"realtime": 15, "training": 40}
TRIAL_S = 0.8  # short, so that rows end their trials within the run


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A policy file of the paper's kind, small."""
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_weights(path, initial_weights(1, sizes=NetworkSizes(64, 32)))
    return str(path)


def run(profile: str, weights: str, batch: int, first_row: int) -> dict[str, list[tuple[int, Signal]]]:
    """Time [ns] and signal of every message by topic."""
    spec = load_graph(profile)
    overrides: dict[str, dict] = {
        "sim": {"threads": 2},
        "goal": {"timeout_s": TRIAL_S},
        "policy": {"weights": weights, "deterministic": False, "row_by_row": True},
    }
    if profile == "realtime":
        overrides["controller"] = {"auto_enable": True}
    graph = InProcessGraph(spec, batch, SEED, "all", overrides, first_row=first_row)
    seen: dict[str, list[tuple[int, Signal]]] = defaultdict(list)
    graph.observers.append(lambda topic, _, time_ns, signal: seen[topic].append((time_ns, signal)))
    graph.run(TICKS[profile] * 0.08)
    return seen


@pytest.mark.parametrize("profile", TICKS)
def test_rows_equal_single_runs(profile: str, weights: str) -> None:
    together = run(profile, weights, BATCH, 0)
    ids = together["trial"][-1][1].trial_id
    assert ids.max() > together["trial"][0][1].trial_id.max(), "no trial ended: resets are not compared"
    for number in ROWS:
        alone = run(profile, weights, 1, number)
        assert set(alone) == set(together)
        for topic, messages in alone.items():
            assert len(messages) == len(together[topic]), topic
            for (time_ns, single), (batch_ns, batch) in zip(messages, together[topic], strict=True):
                assert time_ns == batch_ns, topic
                for name, value in vars(row(batch, number)).items():
                    what = f"row {number}, {topic} at {time_ns} ns: {name}"
                    np.testing.assert_array_equal(value, getattr(single, name), err_msg=what)
