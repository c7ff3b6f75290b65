"""Networks files: a teacher that leaves its run, and recipes that begin with it or learn from it."""

import dataclasses
import json

import pytest
import torch
from tiny import tiny

from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_training.commands import networks
from inhand_training.network_files import load_networks
from inhand_training.phases import trained_tensors
from inhand_training.run import train

RECIPES = resource_root() / "config/training"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with a teacher, and the teacher's networks file."""
    folder = tmp_path_factory.mktemp("run")
    train(recipe("coarse"), folder)
    networks(folder / "coarse", folder / "teacher.safetensors")
    return folder


def recipe(name, **changes):
    """One phase of the block's recipe at a tiny size, by itself and changed."""
    training = tiny(RECIPES / "block.yaml", seed=2)
    phase = next(phase for phase in training.phases if phase.name == name)
    return dataclasses.replace(training, phases=(dataclasses.replace(phase, **{"start_from": None, **changes}),))


def student(teacher):
    """The student's phase, in which the teacher sees what the phase `coarse` shows it."""
    training, states = recipe("student", teacher=teacher), recipe("coarse").phases[0].env.states
    phase = training.phases[0]
    env = dataclasses.replace(phase.env, states=states)
    return dataclasses.replace(training, phases=(dataclasses.replace(phase, env=env),))


def test_the_file_holds_the_phase_and_what_it_learned(run):
    info, tensors = load_networks(run / "teacher.safetensors")
    assert (info.seed, info.steps) == (2, 64)
    assert info.phase == recipe("coarse").phases[0]
    trained = trained_tensors(run / "coarse")
    assert tensors.keys() == trained.keys()
    assert all(torch.equal(tensors[name], trained[name]) for name in trained)


def test_a_student_learns_the_same_from_the_file_as_from_the_folder(run, tmp_path):
    losses = []
    for teacher in (str(run / "coarse"), str(run / "teacher.safetensors")):
        train(student(teacher), tmp_path / str(len(losses)))
        log = (tmp_path / f"{len(losses)}/student/log.jsonl").read_text().splitlines()
        losses.append([json.loads(line)["distillation_loss"] for line in log])
    assert losses[0] == losses[1] and len(losses[0]) == 2


def test_a_phase_begins_with_the_file_and_takes_features_along(run, tmp_path):
    training = recipe("informed", start_from=str(run / "teacher.safetensors"))
    phase = dataclasses.replace(training.phases[0], until=dataclasses.replace(training.phases[0].until, steps=1))
    train(dataclasses.replace(training, phases=(phase,)), tmp_path)
    before, after = load_networks(run / "teacher.safetensors")[1], trained_tensors(tmp_path / "informed")
    assert after["actor.trunk.layers.0.weight"].shape[1] > before["actor.trunk.layers.0.weight"].shape[1]
    assert (after["actor.head.weight"] - before["actor.head.weight"]).abs().max() < 0.02


@pytest.mark.parametrize(
    ("training", "match"),
    [
        (lambda run: student("weights/vision.safetensors"), "a policy's description"),
        (lambda run: student("weights/block.safetensors"), "holds a policy"),
        (lambda run: recipe("coarse", start_from=str(run / "none.safetensors")), "no such file"),
        (lambda run: narrow(recipe("coarse", start_from=str(run / "teacher.safetensors"))), "actor is"),
        (lambda run: blind(student(str(run / "teacher.safetensors"))), "env.states.actor is"),
    ],
)
def test_what_does_not_fit_is_named(run, training, match, tmp_path):
    with pytest.raises(ConfigError, match=match):
        train(training(run), tmp_path)


def narrow(training):
    """A phase whose policy has other layers."""
    phase = training.phases[0]
    actor = dataclasses.replace(phase.actor, dense=(32, 16))
    return dataclasses.replace(training, phases=(dataclasses.replace(phase, actor=actor),))


def blind(training):
    """A phase in which the teacher misses what it saw."""
    phase = training.phases[0]
    env = dataclasses.replace(phase.env, states={"actor": ("object_position",)})
    return dataclasses.replace(training, phases=(dataclasses.replace(phase, env=env),))


def test_only_teachers_are_written(run, tmp_path):
    with pytest.raises(ConfigError, match="ends in .safetensors"):
        networks(run / "coarse", tmp_path / "teacher.pt")
    with pytest.raises(ConfigError, match="no phase 'fine'"):
        networks(run / "fine", tmp_path / "teacher.safetensors")
    train(student(str(run / "coarse")), tmp_path)
    with pytest.raises(ConfigError, match="of kind 'distill'"):
        networks(tmp_path / "student", tmp_path / "student.safetensors")
