"""`inhand study scale | ablation | memory | probe | sensitivity | task`."""

from __future__ import annotations

from pathlib import Path


def scale(
    config: Path = Path("config/training/block.yaml"),
    phase: str = "coarse",
    workers: tuple[int, ...] = (1, 2, 4),
    minutes: float = 10.0,
    batch: int = 0,
    run: Path = Path("runs/study_scale"),
    seed: int = 0,
    project: int = 0,
    optimizers: int = 8,
    gbit: float = 10.0,
    machine_cores: int = 32,
    optimizer_speed: tuple[float, ...] = (1.0, 100.0),
    max_staleness: int = 4,
) -> None:
    """Trains with 1, 2, 4 … rollout workers: goals against wall time and against simulated experience (Figure 10).

    First measures what a chunk, an update and their messages cost. Writes study.json and study.png; interrupted, the
    same command goes on. With --project nothing is trained: the costs of a study that is there tell, in a simulation on
    paper, what this many workers would give.

    Args:
        config: the recipe.
        phase: the PPO phase of it that is trained, from nothing.
        workers: numbers of workers, a run each, on this machine.
        minutes: wall time of each run.
        batch: rows of a worker; 0: as the recipe says.
        run: folder of the study.
        seed: of all runs.
        project: workers of the simulation on paper; 6144 in the paper.
        optimizers: data-parallel optimisers there, in proportion for fewer workers.
        gbit: bandwidth of an optimiser's network link there, each way [Gbit/s].
        machine_cores: workers on a machine there, which fetches parameters once for all.
        optimizer_speed: speeds of an optimiser there, as multiples of the measured core's; a table for each.
        max_staleness: chunks older than this many updates are thrown away there.
    """
    from inhand_eval.studies.plots import plot_scale
    from inhand_eval.studies.projection import Cluster
    from inhand_eval.studies.scale import ScaleConfig, load, projected
    from inhand_eval.studies.scale import scale as study
    from inhand_eval.studies.tables import show_costs, show_projection, show_scale

    if project:
        found = load(run)
        show_costs(found)
        numbers = sorted({*map(int, found["runs"]), *(n for n in (64, 512) if n < project), project})
        for speed in optimizer_speed:
            cluster = Cluster(project, optimizers, 0, gbit * 1e9 / 8.0, machine_cores, speed, max_staleness)
            show_projection(projected(found, numbers, cluster), cluster, found["runs"])
        return
    found = study(ScaleConfig(str(config), phase, workers, minutes, batch, seed), run)
    plot_scale(found, run / "study.png")
    show_costs(found)
    show_scale(found)


def ablation(
    config: Path = Path("config/training/study.yaml"),
    steps: int = 2_000_000,
    batch: int = 0,
    ranks: int = 0,
    run: Path = Path("runs/study_ablation"),
    seed: int = 0,
    trials: int = 100,
    timeout: float = 8.0,
    deterministic: bool = False,
) -> None:
    """Trains without one group of the randomisation each, and scores every policy under all groups (Table 4).

    Five policies: with all, without observation noise, physics or unmodelled effects, and with none. Writes study.json
    and study.png; interrupted, the same command goes on.

    Args:
        config: the recipe.
        steps: environment steps for each policy, shared among the recipe's phases in its proportions; 0: as it says.
        batch: rows a rank; 0: as the recipe says.
        ranks: data-parallel processes; 0: one a core.
        run: folder of the study.
        seed: of training and evaluation.
        trials: trials of each score.
        timeout: simulated seconds for one goal in them.
        deterministic: score the mean actions; else drawn ones, of which little-trained policies make more.
    """
    from inhand_eval.studies.ablation import ablation as study
    from inhand_eval.studies.comparison import Budget
    from inhand_eval.studies.plots import plot_comparison
    from inhand_eval.studies.tables import show_comparison

    found = study(Budget(str(config), steps, batch, ranks, seed, trials, timeout, deterministic), run)
    plot_comparison(found, run / "study.png", "without a group of the randomisation")
    show_comparison(found)


def memory(
    config: Path = Path("config/training/study.yaml"),
    steps: int = 2_000_000,
    batch: int = 0,
    ranks: int = 0,
    run: Path = Path("runs/study_memory"),
    seed: int = 0,
    trials: int = 100,
    timeout: float = 8.0,
    deterministic: bool = False,
    rollouts: int = 2000,
) -> None:
    """Trains policy and value network with and without LSTMs (Table 5), and asks the LSTM for the block's size.

    Writes study.json and study.png; interrupted, the same command goes on.

    Args:
        config: the recipe; its policy and its value network have an LSTM.
        steps: environment steps for each policy, shared among the recipe's phases in its proportions; 0: as it says.
        batch: rows a rank; 0: as the recipe says.
        ranks: data-parallel processes; 0: one a core.
        run: folder of the study.
        seed: of training and evaluation.
        trials: trials of each score.
        timeout: simulated seconds for one goal in them.
        deterministic: score the mean actions; else drawn ones, of which little-trained policies make more.
        rollouts: worlds of the probe (see `inhand study probe`); 0: no probe.
    """
    from inhand_eval.studies.comparison import Budget
    from inhand_eval.studies.memory import memory as study
    from inhand_eval.studies.plots import plot_comparison
    from inhand_eval.studies.probe import told
    from inhand_eval.studies.tables import show_comparison

    found = study(Budget(str(config), steps, batch, ranks, seed, trials, timeout, deterministic), run, rollouts)
    plot_comparison(found, run / "study.png", "policy memory / value memory")
    show_comparison(found)
    for line in told(found["probe"]) if rollouts else ():
        print(line)


def probe(
    weights: Path = Path("weights/block.safetensors"),
    rollouts: int = 2000,
    randomization: str = "all",
    seconds: tuple[float, ...] = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0),
    seed: int = 0,
    threads: int = 0,
    json: Path | None = None,
) -> None:
    """Predicts from the LSTM's state whether the block is larger than average (paper 6.4: 80 % after 5 s).

    A logistic regression, judged on worlds that it has not seen, beside one on the last observation alone and beside
    saying the same of every world.

    Args:
        weights: of a policy with an LSTM.
        rollouts: worlds, each with a block of its own size.
        randomization: all, or groups of config/randomization.yaml with physics among them.
        seconds: simulated times at which the state is read.
        seed: of worlds and folds.
        threads: physics threads; 0: one a core.
        json: file for the results; a plot (.png) is put beside it.
    """
    from inhand_eval.studies.plots import plot_probe
    from inhand_eval.studies.probe import ProbeConfig, told
    from inhand_eval.studies.probe import probe as study
    from inhand_eval.studies.runs import write_json

    config = ProbeConfig(str(weights), rollouts, seed, randomization, seconds, threads=threads)
    report = study(config)
    for line in told(report):
        print(line)
    if json is not None:
        write_json(json, report)
        plot_probe(report, json.with_suffix(".png"))


def sensitivity(
    weights: Path = Path("weights/block.safetensors"),
    trials: int = 640,
    seconds: float = 80.0,
    timeout: float = 24.0,
    randomization: str = "all",
    object: str = "block",
    locked_wrist: bool = False,
    most: int = 8,
    seed: int = 0,
    threads: int = 0,
    json: Path | None = None,
) -> None:
    """Tells which drawn numbers of the world decide how a policy fares: what to measure well on a hand, or to train.

    Runs one trial in each of many randomised worlds and correlates every number that was drawn with goals a second,
    drops and time-outs. A coefficient below three standard errors says little where some 200 are compared.

    Args:
        weights: a weights file.
        trials: number of worlds.
        seconds: simulated time that each gets at most.
        timeout: simulated seconds for one goal.
        randomization: all, or groups of config/randomization.yaml with physics among them.
        object: what is turned.
        locked_wrist: hold the wrist's pitch.
        most: parameters shown.
        seed: of the worlds.
        threads: physics threads; 0: one a core.
        json: file for all results.
    """
    from inhand_eval.studies.runs import write_json
    from inhand_eval.studies.sensitivity import SensitivityConfig
    from inhand_eval.studies.sensitivity import sensitivity as study
    from inhand_eval.studies.tables import show_sensitivity

    found = study(
        SensitivityConfig(str(weights), trials, seconds, timeout, randomization, object, locked_wrist, seed, threads)
    )
    show_sensitivity(found, most)
    if json is not None:
        write_json(json, found)


def task(
    weights: Path = Path("weights/block.safetensors"),
    trials: int = 200,
    seed: int = 1,
    timeout: float = 80.0,
    randomization: str = "all",
    object: str = "block",
    choices: tuple[str, ...] = (),
    run: Path = Path("runs/study_task"),
    page: Path | None = None,
    threads: int = 0,
) -> None:
    """What each choice that the paper leaves open changes in goals in a row, with the same weights (docs/task.md).

    The task as published, with each choice of config/task.yaml alone undone, and with all of them; the first and the
    last with face-up goals too. Writes study.json and study.md; interrupted, the same command goes on.

    Args:
        weights: a weights file.
        trials: of each row.
        seed: of all rows.
        timeout: simulated seconds for one goal.
        randomization: all, none, or groups joined by commas.
        object: what is turned.
        choices: those that are undone alone; all where none is given.
        run: folder of the study.
        page: a page that the table is put into, between its marks, such as docs/task.md.
        threads: physics threads; 0: one a core.
    """
    from inhand_eval.studies.choices import TaskStudyConfig, fill, markdown, study_task

    config = TaskStudyConfig(str(weights), trials, seed, timeout, randomization, object, choices, threads)
    table = markdown(study_task(config, run))
    (run / "study.md").write_text(table + "\n")
    if page is not None:
        fill(page, table)
    print(table)
