"""Studies: variants of a recipe, what is kept between two calls, scores, the simulation on paper."""

import dataclasses
import json

import numpy as np
import pytest
from tiny import STARTS, tiny

from inhand_core.config import ConfigError
from inhand_core.graph import known_groups
from inhand_core.paths import resource_root
from inhand_core.task import load_tasks
from inhand_eval.studies import commands, comparison, probe, runs, sensitivity
from inhand_eval.studies.ablation import PAPER as TABLE_4
from inhand_eval.studies.ablation import ablation, held_out
from inhand_eval.studies.choices import BEGIN, END, TaskStudyConfig, fill, markdown, rows, study_task
from inhand_eval.studies.comparison import Budget, compare
from inhand_eval.studies.costs import Costs
from inhand_eval.studies.memory import ARCHITECTURES, architectures
from inhand_eval.studies.memory import PAPER as TABLE_5
from inhand_eval.studies.plots import plot_comparison, plot_probe, plot_scale
from inhand_eval.studies.projection import Cluster, project
from inhand_eval.studies.runs import hold_settings
from inhand_eval.studies.tables import show_comparison, show_sensitivity
from inhand_eval.studies.variants import with_memory, within, without
from inhand_eval.trials import build_graph
from inhand_policy.weights import load_metadata
from inhand_training.config import load_training
from inhand_training.export import deployable
from inhand_training.runlog import log_entries

RECIPES = resource_root() / "config/training"
STUDY = RECIPES / "study.yaml"
BUDGET = Budget(str(STUDY), 64, 8, 1, 0, 2, 0.8, True)
COSTS = Costs(1000, (1.0,), 10**6, 10**6, 0.0, 0.0, 0.0, 1e-5, 4)
CLUSTER = Cluster(1, 1, 0, 1e12, 32, 1.0, 4)


@pytest.fixture
def small(monkeypatch):
    """Studies train cut-down recipes, and evaluate with a small pool of start states."""
    monkeypatch.setattr(comparison, "recipe", lambda budget: tiny(budget.config))
    for module in ("ablation", "memory"):
        monkeypatch.setattr(f"inhand_eval.studies.{module}.recipe", lambda budget: tiny(budget.config))
    monkeypatch.setattr("inhand_eval.trials.build_graph", _quick(build_graph))
    for module in (probe, sensitivity):
        monkeypatch.setattr(module, "build_graph", _quick(build_graph))


def _quick(build):
    return lambda protocol: build(dataclasses.replace(protocol, threads=1, overrides={"sim": {"start_states": STARTS}}))


def test_budget_is_shared_as_the_recipe_shares():
    whole = load_training(RECIPES / "block.yaml")
    part = within(whole, 1_000_000)
    total = sum(phase.until.steps for phase in whole.phases)
    assert sum(phase.until.steps for phase in part.phases) == pytest.approx(1_000_000, abs=4)
    for one, other in zip(part.phases, whole.phases, strict=True):
        assert one.until.steps == pytest.approx(1e6 * other.until.steps / total, abs=1)
    assert within(whole, 0) == whole


def test_held_out_groups_are_in_no_phase():
    whole = load_training(RECIPES / "block.yaml")
    assert set(held_out()) == set(TABLE_4) and len(held_out()) == 5
    for phase in without(whole, ("physics",)).phases:
        assert "physics" not in phase.env.randomization and phase.env.randomization != "all"
    kept = {phase.name: phase.env.randomization for phase in without(whole, ("unmodeled",)).phases}
    assert kept.pop("student") == "observation_noise,physics"
    assert kept == dict.fromkeys(("coarse", "fine", "robust", "informed"), "physics")
    assert {phase.env.randomization for phase in without(whole, known_groups()).phases} == {"none"}


def test_architectures_differ_in_memory_alone():
    whole = load_training(STUDY)
    networks = {}
    for name, lstm in ARCHITECTURES.items():
        phase = with_memory(whole, *lstm).phases[-1]
        networks[name] = (phase.actor.lstm > 0, phase.critic.lstm > 0)
        assert deployable(phase) and phase.env == whole.phases[-1].env
        assert sum(phase.actor.dense) + phase.actor.lstm == 256 + 128
    assert networks == ARCHITECTURES
    with pytest.raises(ConfigError, match=r"study\.yaml"):
        with_memory(without_students(load_training(RECIPES / "block.yaml")), False, False)


def without_students(training):
    return dataclasses.replace(training, phases=tuple(phase for phase in training.phases if phase.kind == "ppo"))


def test_a_distilled_policy_has_two_architectures():
    whole = load_training(RECIPES / "study_distilled.yaml")
    (lstm,), (ff,) = (variant.phases for variant in architectures(whole).values())
    assert lstm == whole.phases[-1] and (ff.actor.lstm, ff.actor.dense) == (0, (512, 256))
    assert (
        deployable(lstm)
        and deployable(ff)
        and (ff.env, ff.distill, ff.teacher) == (lstm.env, lstm.distill, lstm.teacher)
    )
    assert [*architectures(load_training(STUDY))] == [*ARCHITECTURES] and set(architectures(whole)) < set(TABLE_5)


def test_other_settings_in_the_same_folder_are_refused(tmp_path):
    hold_settings(tmp_path, {"steps": 5, "workers": (1, 2)})
    hold_settings(tmp_path, {"steps": 5, "workers": (1, 2)})
    with pytest.raises(ConfigError, match="steps 5, now 6"):
        hold_settings(tmp_path, {"steps": 6, "workers": (1, 2)})


def test_log_of_a_resumed_run_counts_no_step_twice(tmp_path):
    lines = [{"steps": steps, "minutes": minutes} for steps, minutes in ((10, 1), (20, 2), (30, 3), (20, 2.5), (30, 4))]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [(e["steps"], e["minutes"]) for e in log_entries(tmp_path)] == [(10, 1), (20, 2.5), (30, 4)]


def test_variants_are_trained_scored_and_left_alone_when_done(small, tmp_path, monkeypatch, capsys):
    variants = {name: with_memory(tiny(STUDY), *lstm) for name, lstm in ARCHITECTURES.items()}
    variants["ff_ff"] = without(variants["ff_ff"], known_groups())
    study = compare(BUDGET, variants, ("all",), tmp_path, lambda line: None)
    kinds = {name: load_metadata(tmp_path / name / "policy.safetensors").network.memory for name in variants}
    assert kinds == {"lstm_lstm": "lstm", "ff_lstm": "feedforward", "ff_ff": "feedforward"}
    assert study["variants"]["ff_ff"]["trained_with"] == {"policy": "none"}
    assert all(len(row["scores"]["all"]["trials"]) == 2 for row in study["variants"].values())
    assert json.loads((tmp_path / "study.json").read_text()) == study
    plot_comparison(study, tmp_path / "study.png", "memory")
    assert (tmp_path / "study.png").stat().st_size > 10_000
    show_comparison({**study, "paper_real_robot": TABLE_5})
    assert "ff_lstm" in capsys.readouterr().out

    def never(*_):
        raise AssertionError("done already")

    monkeypatch.setattr(runs, "train", never)
    monkeypatch.setattr(runs, "run_trials", never)
    assert compare(BUDGET, variants, ("all",), tmp_path, lambda line: None) == study
    with pytest.raises(ConfigError, match="without memory"):
        probe.probe(probe.ProbeConfig(str(tmp_path / "ff_ff/policy.safetensors"), rollouts=20, folds=2))


def test_ablation_holds_out_each_group_and_scores_under_each(small, tmp_path, monkeypatch):
    asked = {}

    def compared(budget, variants, environments, folder, say):
        asked.update(variants={n: t.phases[-1].env.randomization for n, t in variants.items()}, under=environments)
        return {}

    monkeypatch.setattr("inhand_eval.studies.ablation.compare", compared)
    assert ablation(BUDGET, tmp_path)["paper_real_robot"] == TABLE_4
    assert asked["under"] == ("none", *known_groups(), "all")
    assert asked["variants"]["all"] == ",".join(known_groups()) and asked["variants"]["none"] == "none"
    assert asked["variants"]["no_physics"] == ",".join(g for g in known_groups() if g != "physics")


def test_probe_reads_sizes_from_rollouts(small, tmp_path):
    config = probe.ProbeConfig(
        str(resource_root() / "weights/block.safetensors"),
        rollouts=40,
        randomization="physics",
        seconds=(0.16, 0.4),
        folds=3,
    )
    samples = probe.gather(config)
    assert samples.hidden.shape == (2, 40, 256) and samples.running[0].all()
    assert 0.94 < samples.size.min() < 1.0 < samples.size.max() < 1.06
    report = probe.probe(config)
    assert [row["seconds"] for row in report["times"]] == [0.16, 0.4]
    assert all(0.5 <= row["hidden_state"]["majority"] <= 1.0 for row in report["times"])
    plot_probe(report, tmp_path / "probe.png")
    with pytest.raises(ConfigError, match="physics must be on"):
        probe.probe(dataclasses.replace(config, randomization="none"))


def test_prediction_finds_what_is_there_and_nothing_else():
    random = np.random.default_rng(0)
    inputs, noise = random.normal(size=(400, 20)), random.normal(size=400)
    told = probe.judged(inputs, inputs[:, 3] - 2.0 * inputs[:, 7] + 0.3 * noise > 0.0, 5, 0)
    assert told["accuracy"] > 0.85 and told["p"] < 1e-6
    nothing = probe.judged(inputs, noise > 0.0, 5, 0)
    assert nothing["p"] > 0.01 and nothing["interval_95"][0] < 0.56


def test_on_paper_workers_limit_until_the_optimiser_does():
    idle = dataclasses.replace(COSTS, update_step_s=0.0)
    one, eight = (project(idle, dataclasses.replace(CLUSTER, workers=n))["steps_per_s"] for n in (1, 8))
    assert one == pytest.approx(1000.0, rel=1e-3) and eight == pytest.approx(8 * one, rel=1e-3)
    busy = project(COSTS, dataclasses.replace(CLUSTER, workers=1000))
    assert busy["steps_per_s"] == pytest.approx(1e5, rel=0.01)  # 10 µs a step
    assert busy["updating"] > 0.95 and busy["worker_busy"] < 0.2
    assert busy["speed_needed"] == pytest.approx(10.0, rel=0.05)
    fast = project(COSTS, dataclasses.replace(CLUSTER, workers=1000, speed=20.0))
    assert fast["worker_busy"] > 0.9 and fast["staleness_max"] <= 4


def test_on_paper_slow_links_limit():
    slow = project(dataclasses.replace(COSTS, update_step_s=0.0), dataclasses.replace(CLUSTER, workers=100, link=2e7))
    assert slow["receiving"] > 0.9 and slow["speed_needed"] is None
    assert slow["steps_per_s"] == pytest.approx(1000 / 0.05, rel=0.1)  # 1 MB at 20 MB/s a chunk


def test_on_paper_a_late_chunk_is_thrown_away():
    uneven = dataclasses.replace(COSTS, chunk_s=(0.1, 5.0), update_step_s=0.0)
    row = project(uneven, dataclasses.replace(CLUSTER, workers=20, chunks=2, max_staleness=1))
    assert row["thrown_away"] > 0.0 and row["staleness_max"] <= 1


def test_impossible_clusters_are_refused():
    with pytest.raises(ConfigError, match="optimizers"):
        dataclasses.replace(CLUSTER, optimizers=2)


def test_projection_prints_what_the_study_measured(tmp_path, capsys):
    with pytest.raises(ConfigError, match="without --project"):
        commands.scale(project=6144, run=tmp_path)
    settings = {"config": "block.yaml", "phase": "coarse"}
    costs = {"load": 1.0, "cores": 4, **dataclasses.asdict(COSTS)}
    runs.write_json(
        tmp_path / "study.json", {"settings": settings, "costs": costs, "runs": {"2": {"steps_per_s": 1234.0}}}
    )
    commands.scale(project=6144, run=tmp_path, optimizer_speed=(1.0, 10.0))
    said = capsys.readouterr().out
    assert "a chunk of 1000 steps takes a worker 1 s" in said and said.count("6144") == 2 and said.count("1234") == 1


def test_scale_is_drawn(tmp_path):
    curve = [{"hours": 0.1 * k, "years": 0.001 * k, "mean_goals": k, "goals_per_100": k} for k in range(5)]
    plot_scale({"runs": {"1": {"curve": curve}, "2": {"curve": curve}}}, tmp_path / "scale.png")
    assert (tmp_path / "scale.png").stat().st_size > 5_000


def test_sensitivity_names_what_was_drawn_and_what_it_did(small, capsys):
    config = sensitivity.SensitivityConfig(
        str(resource_root() / "weights/block.safetensors"), 24, 0.4, 0.24, "physics", "block", False, 0
    )
    parameters, outcomes = sensitivity.gather(config)
    assert all(value.shape == (24,) for value in parameters.values())
    assert sum(name.startswith(("lower limit", "upper limit", "damping")) for name in parameters) == 3 * 24
    assert {"damping of rh_WRJ1", "lower limit of rh_WRJ1", "gain of rh_FFJ0"} < set(parameters)
    assert (outcomes["dropped"] + outcomes["timed_out"] <= 1.0).all() and outcomes["timed_out"].sum() > 0
    study = sensitivity.sensitivity(config)
    assert "timing" not in study["parameters"]  # not of the group physics
    show_sensitivity(study, 3)
    assert sensitivity.strongest(study, 1)[0][0] in capsys.readouterr().out
    with pytest.raises(ConfigError, match="draws no physics"):
        sensitivity.sensitivity(dataclasses.replace(config, randomization="observation_noise"))


def test_fifths_and_correlations_by_hand():
    x = np.array([4.0, 0.0, 1.0, 2.0, 3.0])
    outcomes = {"goals": x * 2.0, "dropped": (x > 2.0) * 1.0, "timed_out": np.zeros(5)}
    assert sensitivity.correlation(x, outcomes["goals"]) == pytest.approx(1.0)
    assert sensitivity.correlation(x, outcomes["timed_out"]) == 0.0
    parts = sensitivity.fifths(x, outcomes)
    assert [(part["from"], part["goals"], part["dropped"]) for part in parts] == [
        (0.0, 0.0, 0.0), (1.0, 2.0, 0.0), (2.0, 4.0, 0.0), (3.0, 6.0, 1.0), (4.0, 8.0, 1.0),
    ]  # fmt: skip


def test_study_of_the_task_scores_each_choice_and_fills_its_page(tmp_path, monkeypatch):
    asked = []

    def score(protocol, path):
        asked.append((protocol.task, protocol.goals, protocol.deterministic, path.name))
        ends = {"dropped": 3, "timeout": 1}
        return {"mean": 1.5, "mean_interval_95": [1.0, 2.0], "median": 1, "ends": ends, "seconds_per_goal": None}

    monkeypatch.setattr("inhand_eval.studies.choices.scored", score)
    config = TaskStudyConfig("weights/block.safetensors", 4, 1, 8.0, "all", "block", ("one_friction",))
    study = study_task(config, tmp_path, lambda line: None)
    kinds = [("published", "full"), ("one_friction", "full"), ("as_before", "full")]
    kinds += [("published", "face_up"), ("as_before", "face_up")]
    assert [row[:3] for row in asked] == [(*kind, True) for kind in kinds] and len({row[3] for row in asked}) == 5
    table = markdown(study)
    assert "| `published` | full | 1.5 (1.0 … 2.0) | 1 | 3, 1 | – |" in table and "one factor" in table
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    fill(page, table)
    fill(page, table)
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert text.count("`published` | full") == 1
    (tmp_path / "bare.md").write_text("nothing")
    with pytest.raises(ConfigError, match=r"bare\.md: no <!-- inhand study task -->"):
        fill(tmp_path / "bare.md", table)
    with pytest.raises(ConfigError, match=r"unknown choices \['frictions'\]; known .*'one_friction'"):
        rows(dataclasses.replace(config, choices=("frictions",)))


def test_the_page_of_the_task_has_a_place_for_the_table():
    text = (resource_root() / "docs/task.md").read_text()
    assert 0 < text.index(BEGIN) < text.index(END)
    assert all(f"`{name}`" in text for name in load_tasks().choices)
