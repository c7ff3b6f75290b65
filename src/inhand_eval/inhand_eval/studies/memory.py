"""What memory is good for: policy and value networks with and without an LSTM (paper 6.4, Table 5, Figure 9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inhand_eval.studies.comparison import Budget, Say, compare, recipe
from inhand_eval.studies.probe import ProbeConfig, probe
from inhand_eval.studies.runs import STUDY, write_json
from inhand_eval.studies.variants import with_memory
from inhand_training.config import TrainingConfig

ARCHITECTURES = {"lstm_lstm": (True, True), "ff_lstm": (False, True), "ff_ff": (False, False)}
"""Memory of policy and of value network, by name."""
DISTILLED = {"lstm": (True, True), "ff": (False, False)}
"""The same where a recipe distils its policy, which then has no value network."""
PAPER = {
    "lstm_lstm": {"mean": 18.8, "std": 17.1, "median": 13.0},
    "ff_lstm": {"mean": 4.7, "std": 4.1, "median": 3.5},
    "ff_ff": {"mean": 4.6, "std": 4.3, "median": 3.0},
}
"""Table 5: goals in a row on the real robot, 10 trials."""
PAPER |= {"lstm": PAPER["lstm_lstm"], "ff": PAPER["ff_ff"]}


def architectures(training: TrainingConfig) -> dict[str, TrainingConfig]:
    """The recipe's variants in memory, the one with the most first."""
    by_ppo = all(phase.kind == "ppo" for phase in training.phases)
    return {name: with_memory(training, *lstm) for name, lstm in (ARCHITECTURES if by_ppo else DISTILLED).items()}


def memory(budget: Budget, folder: Path, rollouts: int, say: Say = print) -> dict[str, Any]:
    """The study: see `compare`; then the probe on the study's own LSTM policy, with this many rollouts (0: none)."""
    variants = architectures(recipe(budget))
    study = compare(budget, variants, ("none", "all"), folder, say)
    study["paper_real_robot"] = PAPER
    if rollouts:
        say(f"probe: {rollouts} rollouts")
        weights = folder / next(iter(variants)) / "policy.safetensors"
        study["probe"] = probe(ProbeConfig(str(weights), rollouts=rollouts, seed=budget.seed))
    write_json(folder / STUDY, study)
    return study
