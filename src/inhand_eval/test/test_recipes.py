"""The recipes of shipped weights run from their begin to weights that can be evaluated, at a tiny size."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import STARTS, tiny

from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_eval.trials import Protocol, run_trials
from inhand_policy.weights import load_metadata
from inhand_training.config import load_training
from inhand_training.export import export_run
from inhand_training.run import train

RECIPES = resource_root() / "config/training"
BLOCK = resource_root() / "weights/block_student.safetensors"


def test_the_studies_recipe_begins_with_nothing_and_learns_from_the_teacher(tmp_path):
    training, path = tiny(RECIPES / "study_distilled.yaml"), tmp_path / "policy.safetensors"
    train(training, tmp_path)
    assert export_run(training, tmp_path, "study_distilled.yaml", path)
    assert "start_from" not in load_metadata(path).training.details


@pytest.mark.parametrize(
    ("recipe", "thing", "locked", "begins_with"),
    [
        ("prism", "prism", False, "weights/block_student.safetensors"),
        ("block_locked_wrist", "block", True, "weights/block_student.safetensors"),
        ("block_more", "block", False, "weights/block_student.safetensors"),
    ],
)
def test_recipe_begins_with_the_block_and_ends_in_weights(recipe, thing, locked, begins_with, tmp_path):
    training, path = tiny(RECIPES / f"{recipe}.yaml"), tmp_path / "policy.safetensors"
    train(training, tmp_path)
    assert export_run(training, tmp_path, f"{recipe}.yaml", path)
    metadata, block = load_metadata(path), load_metadata(BLOCK)
    assert metadata.training.object == thing and not metadata.training.random
    assert metadata.training.details["start_from"] == begins_with
    assert (metadata.observation, metadata.smoothing) == (block.observation, block.smoothing)
    before, after = load_file(BLOCK), load_file(path)
    change = np.abs(after["head.weight"] - before["head.weight"]).max()
    assert 0.0 < change < 0.01  # two updates away
    env = training.phases[-1].env
    assert env.overrides["sim"].get("locked_wrist", False) == locked
    sim = {"sim": {"start_states": STARTS}}
    protocol = Protocol(str(path), 2, "all", thing, 0.8, 50, 0, True, 1, locked, sim)
    assert len(run_trials(protocol).goals) == 2


def test_the_blocks_recipe_goes_from_nothing_to_weights(tmp_path):
    training, path = tiny(RECIPES / "block.yaml", updates=1), tmp_path / "policy.safetensors"
    train(training, tmp_path)
    assert export_run(training, tmp_path, "block.yaml", path)
    metadata, shipped = load_metadata(path), load_metadata(BLOCK)
    assert metadata.training.details == {**metadata.training.details, "phase": "student", "phase_steps": 32}
    assert (metadata.observation, metadata.smoothing) == (shipped.observation, shipped.smoothing)


def test_a_recipe_repeats_bit_for_bit(tmp_path):
    scalars = []
    for name in ("one", "two"):
        train(tiny(RECIPES / "prism.yaml", seed=3), tmp_path / name)
        log = (tmp_path / name / "student/log.jsonl").read_text().splitlines()
        scalars.append([json.loads(line)["distillation_loss"] for line in log])
    assert scalars[0] == scalars[1] and len(scalars[0]) == 2


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"start_from": "weights/nothing.safetensors"}, "no such file"),
        ({"start_from": "runs/nothing/policy"}, "no folder of a phase"),
        ({"start_from": "earlier"}, "earlier phases"),
    ],
)
def test_a_start_that_is_not_there_is_named(change, match, tmp_path):
    training = load_training(RECIPES / "prism.yaml")
    with pytest.raises(ConfigError, match=match):
        train(dataclasses.replace(training, phases=(dataclasses.replace(training.phases[0], **change),)), tmp_path)


@pytest.mark.parametrize(
    ("part", "change", "match"),
    [
        ("actor", {"lstm": 128}, "layers of the actor"),
        ("env", {"policy": ("object_position",)}, "env.policy"),
        ("env", {"overrides": {"smoother": {"coefficient": 0.5}}}, "smoother"),
    ],
)
def test_weights_that_do_not_fit_are_named(part, change, match, tmp_path):
    training = tiny(RECIPES / "prism.yaml")
    phase = training.phases[-1]
    changed = dataclasses.replace(phase, **{part: dataclasses.replace(getattr(phase, part), **change)})
    with pytest.raises(ConfigError, match=match):
        train(dataclasses.replace(training, phases=(*training.phases[:-1], changed)), tmp_path)


def test_a_phase_of_another_run_is_gone_on_with(tmp_path):
    train(tiny(RECIPES / "prism.yaml"), tmp_path / "first")
    training = tiny(RECIPES / "prism.yaml", updates=1)
    phase = dataclasses.replace(training.phases[0], start_from=str(tmp_path / "first/teacher"))
    train(dataclasses.replace(training, phases=(phase,)), tmp_path / "second")
    entry = json.loads((tmp_path / "second/teacher/log.jsonl").read_text().splitlines()[-1])
    assert entry["steps"] == 32 and np.isfinite(entry["policy_loss"])


def test_a_phase_that_another_runs_configuration_lacks_is_named(tmp_path):
    training = tiny(RECIPES / "prism.yaml", updates=1)
    train(training, tmp_path / "first")
    shutil.copytree(tmp_path / "first/teacher", tmp_path / "first/other")
    phase = dataclasses.replace(training.phases[0], start_from=str(tmp_path / "first/other"))
    with pytest.raises(ConfigError, match=r"config.yaml: no phase 'other'; it has \['teacher', 'student'\]"):
        train(dataclasses.replace(training, phases=(phase,)), tmp_path / "second")
