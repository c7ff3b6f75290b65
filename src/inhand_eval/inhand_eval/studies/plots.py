"""Pictures of the studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inhand_eval.studies.runs import YEAR_S

DAY_YEARS = 86400.0 / YEAR_S


def plot_comparison(study: Mapping[str, Any], path: Path, title: str) -> None:
    """Learning curves of the variants (paper Figures 8 and 9), and their scores under each randomisation."""
    variants = study["variants"]
    probe = study.get("probe")
    figure, axes = _figure(2 + (probe is not None))
    for name, row in variants.items():
        _curve(axes[0], row["curve"], "hours", name)
    axes[0].set(xlabel="hours of training", ylabel="goals in a row, training episodes", title=title)
    axes[0].legend(fontsize="small")
    environments = study["settings"]["environments"]
    width = 0.8 / len(environments)
    for k, environment in enumerate(environments):
        scores = [row["scores"][environment] for row in variants.values()]
        means = np.array([s["mean"] for s in scores])
        low, high = np.array([s["mean_interval_95"] for s in scores]).T
        at = np.arange(len(variants)) + (k - (len(environments) - 1) / 2) * width
        errors = np.maximum([means - low, high - means], 0.0)
        axes[1].bar(at, means, width, yerr=errors, label=environment, capsize=2.0)
    trials = study["settings"]["trials"]
    axes[1].set_xticks(np.arange(len(variants)), variants, rotation=20, ha="right")
    axes[1].set(ylabel=f"goals in a row, mean of {trials} trials, 95 %", title="scored under")
    axes[1].legend(fontsize="small")
    if probe is not None:
        _probe(axes[2], probe)
    _save(figure, path)


def plot_probe(report: Mapping[str, Any], path: Path) -> None:
    """Accuracy of the prediction against the time of interaction."""
    figure, axes = _figure(1)
    _probe(axes[0], report)
    _save(figure, path)


def plot_scale(study: Mapping[str, Any], path: Path) -> None:
    """Goals in a row against wall time and against experience (paper Figure 10)."""
    figure, axes = _figure(2)
    for workers, run in study["runs"].items():
        label = f"{workers} worker" + "s" * (workers != "1")
        curve = [{**entry, "days": entry["years"] / DAY_YEARS} for entry in run["curve"]]
        _curve(axes[0], curve, "hours", label)
        _curve(axes[1], curve, "days", label)
    goals = "goals in a row, training episodes"
    axes[0].set(xlabel="hours of training", ylabel=goals, title="effect of scale")
    axes[1].set(xlabel="days of simulated experience", ylabel=goals, title="effect of scale")
    axes[0].legend(fontsize="small")
    _save(figure, path)


def _probe(axis: Any, report: Mapping[str, Any]) -> None:
    times = report["times"]
    seconds = [row["seconds"] for row in times]
    for key, label in (("hidden_state", "from the LSTM's state"), ("observation", "from the last observation")):
        rows = [row[key] for row in times]
        accuracy = np.array([r["accuracy"] for r in rows])
        low, high = np.array([r["interval_95"] for r in rows]).T
        axis.errorbar(seconds, accuracy, [accuracy - low, high - accuracy], label=label, capsize=2.0, marker="o")
    axis.plot(seconds, [row["hidden_state"]["majority"] for row in times], "--", color="gray", label="larger class")
    paper = report["paper"]
    axis.plot([paper["seconds"]], [paper["accuracy"]], "*", color="black", label="paper")
    axis.set(xlabel="seconds of interaction", ylabel="share of worlds told right", title="is the block larger?")
    axis.legend(fontsize="small")


def _curve(axis: Any, curve: Sequence[Mapping[str, float]], along: str, label: str) -> None:
    axis.plot([entry[along] for entry in curve], [entry["mean_goals"] for entry in curve], label=label)


def _figure(columns: int) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * columns, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, columns, squeeze=False)[0]


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)
