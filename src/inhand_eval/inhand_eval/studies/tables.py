"""What the studies say on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inhand_eval.studies.projection import Cluster
from inhand_eval.studies.sensitivity import OUTCOMES, strongest

WIDTH = 140


def show_costs(study: Mapping[str, Any]) -> None:
    """The measured costs of a study of scale."""
    costs, settings = study["costs"], study["settings"]
    print(
        f"{settings['config']}, phase {settings['phase']}: a chunk of {costs['chunk_steps']} steps takes a worker "
        f"{np.median(costs['chunk_s']):.3g} s and is {costs['chunk_bytes'] / 1e6:.2f} MB, unpacked in "
        f"{1e3 * costs['unpack_s']:.2g} ms;\nan order is {costs['order_bytes'] / 1e6:.2f} MB, taken over in "
        f"{1e3 * costs['pull_s']:.2g} ms; an update takes {1e3 * costs['update_base_s']:.3g} ms and "
        f"{1e6 * costs['update_step_s']:.3g} µs a step, in {costs['minibatches']} minibatches "
        f"({costs['cores']} cores, load {costs['load']:.1f})"
    )


def show_scale(study: Mapping[str, Any]) -> None:
    """A row for each number of workers, as it was measured."""
    rows = [
        (
            workers,
            f"{run['steps_per_s']:.0f}",
            f"{run['chunk_seconds']:.2f}",
            f"{run['staleness']:.2f}",
            f"{run['chunks_thrown_away']:.0f}",
            f"{run['mean_goals']:.2f}",
        )
        for workers, run in study["runs"].items()
    ]
    _print(("workers", "steps/s", "chunk [s]", "staleness", "thrown away", "goals in a row"), rows)


def show_projection(rows: Sequence[Mapping[str, Any]], cluster: Cluster, runs: Mapping[str, Any]) -> None:
    """A row for each number of workers of the simulation on paper, beside the steps a second of runs that were made."""
    measured = {name: f"{run['steps_per_s']:.4g}" for name, run in runs.items()} if cluster.speed == 1.0 else {}
    print(
        f"\non paper: optimisers {cluster.speed:g} x the measured core, links of {cluster.link * 8e-9:g} Gbit/s, "
        f"{cluster.machine_cores} workers a machine, a chunk of each worker an update"
    )
    cells = [
        (
            str(row["workers"]),
            str(row["optimizers"]),
            f"{row['steps_per_s']:.4g}",
            measured.get(str(row["workers"]), ""),
            f"{row['years_per_hour']:.3g}",
            f"{row['hours_100_years']:.3g}",
            f"{100 * row['worker_busy']:.0f} %",
            f"{row['staleness']:.2f} ({row['staleness_max']})",
            f"{100 * row['waiting']:.0f}/{100 * row['receiving']:.0f}/{100 * row['updating']:.0f} %",
            "none" if row["speed_needed"] is None else f"{row['speed_needed']:.3g}",
        )
        for row in rows
    ]
    names = ("workers", "optimisers", "steps/s", "measured", "years/h", "h to 100 years", "busy", "staleness (most)")
    _print((*names, "waits/receives/updates", "speed needed"), cells)


def show_comparison(study: Mapping[str, Any]) -> None:
    """A row for each variant: mean, standard deviation and median of goals in a row under every randomisation."""
    environments = study["settings"]["environments"]
    rows = []
    for name, row in study["variants"].items():
        scores = [row["scores"][environment] for environment in environments]
        paper = study["paper_real_robot"][name]
        cells = [f"{s['mean']:.2f} ± {s['std']:.2f}, {s['median']:g}" for s in scores]
        rows.append((name, *cells, f"{paper['mean']:g} ± {paper['std']:g}, {paper['median']:g}"))
    _print(("trained", *environments, "paper, real robot"), rows)


def show_sensitivity(study: Mapping[str, Any], most: int) -> None:
    """The parameters that matter most, and goals, drops and time-outs over the fifths of the first of them."""
    rows = strongest(study, most)
    totals = study["totals"]
    print(
        f"{study['settings']['trials']} worlds: {totals['goals']:.0f} goals, {totals['dropped']:.0f} drops, "
        f"{totals['timed_out']:.0f} time-outs; correlations, standard error {study['standard_error']:.2f}:"
    )
    _print(("parameter", *OUTCOMES), [(name, *(f"{row[key]:+.2f}" for key in OUTCOMES)) for name, row in rows])
    name, row = rows[0]
    cells = [
        (
            f"{part['from']:+.2f} to {part['to']:+.2f}",
            *(f"{part[key]:.0f}" for key in ("goals", "dropped", "timed_out")),
            f"{part['goals'] / max(part['dropped'], 1.0):.1f}",
        )
        for part in row["fifths"]
    ]
    _print((name, "goals", "dropped", "timed out", "goals a drop"), cells)


def _print(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, justify="left" if name == names[0] else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=WIDTH).print(table)
