"""`inhand calibrate joints | model | tables | proof`."""

from __future__ import annotations

import json as json_format
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from inhand_core.files import write_whole


def joints(
    bag: Path | None = None,
    live: float = 0.0,
    factory: Path | None = None,
    out: Path = Path("calibration"),
    plots: bool = True,
) -> None:
    """Refines the Hall tables so that computed fingertips lie where their markers are seen.

    Writes hand.yaml (for the controller), factory.yaml (the same tables in the factory's form), report.json and plots.

    Args:
        bag: recording of /hand/sensors and /mocap/markers while all joints moved.
        live: instead of a bag, record the running graph for this many seconds.
        factory: the factory's tables, or another hand.yaml; default: config/hand.yaml.
        out: folder for the results.
        plots: write the plots.
    """
    from inhand_calibration.joints.fit import fit_joints
    from inhand_calibration.joints.identifiability import judge_joints
    from inhand_calibration.joints.kinematics import HandKinematics
    from inhand_calibration.joints.report import check_fit, joint_plots, joint_report, joint_text
    from inhand_calibration.joints.samples import joint_samples
    from inhand_calibration.joints.tables import controller_text, factory_text, load_tables
    from inhand_calibration.settings import load_settings
    from inhand_core.paths import config_file

    settings, hand = load_settings().joints, HandKinematics()
    notes: list[str] = []
    tables = load_tables(factory or config_file("hand"), notes)
    _tell(notes)
    out.mkdir(parents=True, exist_ok=True)
    samples = joint_samples(_recording(bag, live, out), tables, settings.samples)
    fit = fit_joints(samples, tables, hand, settings)
    check_fit(samples, fit, hand, settings)
    verdicts = judge_joints(samples, tables, fit, hand)
    report = joint_report(samples, tables, fit, hand, verdicts)
    write_whole(out / "hand.yaml", controller_text(fit.tables))
    write_whole(out / "factory.yaml", factory_text(fit.tables))
    write_whole(out / "report.json", json_format.dumps(report, indent=1) + "\n")
    if plots:
        joint_plots(out, samples, tables, fit, hand, verdicts)
    print(joint_text(report))
    print(f"wrote {out}/hand.yaml: give it to the controller in place of config/hand.yaml")


def _tell(notes: list[str]) -> None:
    """Says what was changed in a factory's tables."""
    for note in notes:
        print(f"note: {note}")


def model(
    bag: Path | None = None,
    live: float = 0.0,
    tables: Path | None = None,
    out: Path = Path("calibration"),
    kinds: tuple[str, ...] = (),
    sweeps: int = 0,
    budget: float = 0.0,
    threads: int = 0,
    plots: bool = True,
) -> None:
    """Fits damping, friction, springs, stops, gains, force limits and backlash of the simulated hand to a recording.

    Coordinate descent on windows of 1 s (paper C.3). Interrupted, the same command goes on where it was. Writes
    model.yaml (for simulator and training), model_report.json and plots.

    Args:
        bag: recording of /hand/sensors and /hand/action during the exercise (calibration.launch.xml).
        live: instead of a bag, record the running graph for this many seconds.
        tables: Hall tables: hand.yaml of `calibrate joints`, or a factory file; default: config/hand.yaml.
        out: folder for the results and the state.
        kinds: kinds of parameters to vary, such as damping kp; default: all.
        sweeps: over all parameters; 0: as config/calibration.yaml says.
        budget: stop after this many seconds, to be continued; 0: go on to the end.
        threads: physics threads; 0: one a core.
        plots: write the plots.
    """
    from inhand_calibration.joints.tables import load_tables
    from inhand_calibration.model.report import calibration_text, model_plots, model_report, model_text
    from inhand_calibration.model.run import run_model
    from inhand_calibration.settings import load_settings
    from inhand_core.paths import config_file

    settings = load_settings({"model": {"sweeps": sweeps}} if sweeps else None).model
    out.mkdir(parents=True, exist_ok=True)
    recording = _recording(bag, live, out)
    run = _with_bar(
        lambda show: run_model(
            recording,
            load_tables(tables or config_file("hand")),
            settings,
            kinds=kinds,
            threads=threads,
            budget_s=budget,
            state_file=out / "model_state.json",
            progress=lambda descent: show(descent.share, f"error {descent.error:.4f} rad"),
        )
    )
    descent, actions = run.descent, recording.action
    report = model_report(descent, run.fitted, run.held, actions, settings.timestep, threads)
    write_whole(out / "model.yaml", calibration_text(descent))
    write_whole(out / "model_report.json", json_format.dumps(report, indent=1) + "\n")
    if plots:
        shown = {group: cut if len(cut) else run.fitted[group] for group, cut in run.held.items()}
        model_plots(out, descent, shown, actions, settings.timestep)
    print(model_text(report))
    print(f"wrote {out}/model.yaml: the key `calibration` of config/sim.yaml and config/training_sim.yaml takes it")


def tables(source: Path, target: Path, form: Literal["factory", "controller"] = "controller") -> None:
    """Converts Hall tables between the factory's file and the controller's (config/hand.yaml).

    Args:
        source: either of the two.
        target: the file to write.
        form: what to write.
    """
    from inhand_calibration.joints.tables import controller_text, factory_text, load_tables

    notes: list[str] = []
    loaded = load_tables(source, notes)
    _tell(notes)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, controller_text(loaded) if form == "controller" else factory_text(loaded))
    print(f"wrote {target}")


def proof(
    what: Literal["joints", "model", "all", "cameras"] = "all",
    seeds: int = 1,
    first_seed: int = 0,
    budget: float = 240.0,
    threads: int = 1,
    json: Path | None = None,
) -> None:
    """Lets calibration find the hidden truth of simulated hands, and prints errors before and after.

    Each seed draws other Hall tables, marker places and model parameters (config/calibration.yaml, section proof); the
    exercise runs on that hand with the real controller, and calibration sees only what a bag would hold.

    Args:
        what: Hall tables, model parameters, or both, one after the other; or the cameras.
        seeds: number of hands.
        first_seed: the first one's seed.
        budget: seconds for each hand's descent over the model's parameters; 0: to the end.
        threads: physics threads; 0: one a core.
        json: file for the figures.
    """
    if what == "cameras":
        from inhand_calibration.cameras.proof import run_proof

        return run_proof(range(first_seed, first_seed + seeds), json)
    from inhand_calibration.proof import proof_table, prove
    from inhand_calibration.settings import load_settings

    settings, results = load_settings(), []
    for seed in range(first_seed, first_seed + seeds):

        def run(show: Callable[[float, str], None], seed: int = seed) -> dict:
            return prove(seed, what, settings, budget, threads, lambda share, text: show(share, f"seed {seed}: {text}"))

        results.append(_with_bar(run))
    print(proof_table(results))
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        write_whole(json, json_format.dumps({"what": what, "budget_s": budget, "hands": results}, indent=1) + "\n")


def _recording(bag: Path | None, live: float, out: Path):
    """The bag's recording, or that of the running graph."""
    from inhand_calibration.live import record_live
    from inhand_calibration.recording import read_bag

    if (bag is None) == (live <= 0.0):
        raise ValueError("give one of --bag and --live")
    return read_bag(bag if bag is not None else record_live(live, out))


def _with_bar(work: Callable):
    """Runs `work(show)` with a progress bar; show(share, text)."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        return work(lambda share, text: bar.update(task, completed=share, description=text))
