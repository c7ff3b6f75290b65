"""`inhand evaluate vision`."""

from __future__ import annotations

import json as json_module
from pathlib import Path

from inhand_core.files import write_whole


def vision(
    weights: Path = Path("weights/vision.safetensors"),
    samples: int = 500,
    seed: int = 0,
    recording: Path | None = None,
    policy: str = "weights/block.safetensors",
    renderers: bool = True,
    looks: bool = True,
    calibrated: bool = True,
    workers: int = 1,
    json: Path | None = None,
    plot: Path | None = None,
) -> None:
    """Measure rotation and position errors of a pose estimator beside the paper's Table 6.

    On (a) fresh renders of held-out states by the renderer of its training, (b) renders by the other one, which
    it has never seen, and (c) a recording. Errors count every estimate, those too that the estimator calls not valid.

    Args:
        weights: the estimator's weights file.
        samples: images of three cameras for each row.
        seed: of states and looks.
        recording: a bag, or a dataset made of bags.
        policy: weights of the policy whose rollouts give the states; "" for random actions.
        renderers: measure (a) and (b).
        looks: randomised looks and camera poses, as in training; else the scene as the description has it.
        calibrated: tell the estimator where each camera really is; else where the description has it.
        workers: render processes.
        json: file for the figures.
        plot: file for the picture (PNG); beside `json` by default.
    """
    from rich.console import Console

    from inhand_core.paths import resource_root
    from inhand_eval import vision as evaluation
    from inhand_eval.vision_plot import plot as draw
    from inhand_vision.estimator import load_estimator

    estimator = load_estimator(weights if weights.exists() else resource_root() / weights)
    protocol = evaluation.VisionProtocol(samples, seed, policy, workers, looks, calibrated)
    trained = estimator.metadata.training.get("renderer", "classic")
    results = []
    with Console().status("states") as status:
        if renderers:
            states = evaluation.held_out_states(estimator.metadata.object, protocol)
            for renderer, row in ((trained, "training renderer"), (evaluation.OTHER[trained], "other renderer")):
                status.update(f"{row}: {renderer}")
                results.append(evaluation.evaluate_renders(estimator, renderer, row, states, protocol))
        if recording is not None:
            status.update(f"recorded: {recording}")
            results.append(evaluation.evaluate_recording(estimator, recording, protocol))
    if not results:
        raise ValueError("nothing to measure: give --recording, or leave --renderers on")
    found = evaluation.report(results, protocol)
    found["weights"] = {"file": weights.name, "kind": estimator.metadata.kind, **estimator.metadata.training}
    print_table(found["rows"])
    picture = plot or (json.with_suffix(".png") if json is not None else None)
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        write_whole(json, json_module.dumps(found, indent=1) + "\n")
    if picture is not None:
        draw(results, estimator.metadata.object, picture)
        print(f"{picture}: written")


def print_table(rows: dict) -> None:
    """Prints what was measured beside each row of the paper's Table 6."""
    from rich.console import Console
    from rich.table import Table

    from inhand_eval import vision as evaluation

    table = Table(box=None, pad_edge=False)
    for name in ("images", "n", "rotation [deg]", "median", "95 %", "position [mm]", "median", "95 %", "valid"):
        table.add_column(name, justify="left" if name == "images" else "right")
    for name, paper in evaluation.PAPER.items():
        if row := rows.get(name):
            cells = [f"{name}: {row['source']}", str(row["samples"])]
            for kind in ("rotation_deg", "position_mm"):
                cells.append(f"{row[f'{kind}_mean']:.2f} ± {row[f'{kind}_std']:.2f}")
                cells += [f"{row[f'{kind}_median']:.2f}", f"{row[f'{kind}_p95']:.2f}"]
            table.add_row(*cells, f"{100 * row['valid']:.1f} %")
        else:
            table.add_row(f"{name}: not measured")
        images, *numbers = paper
        means = [f"{mean:.2f} ± {std:.2f}" for mean, std in (numbers[:2], numbers[2:])]
        table.add_row(f"  paper: {images}", "", means[0], "", "", means[1], "", "", "", style="dim")
    Console(width=120).print(table)
