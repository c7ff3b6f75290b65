"""An object that is a YAML file of this test's own: trained on for 20,000 steps, measured, and learned to be seen."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from tiny import STARTS

from inhand_core.config import ConfigError, merge
from inhand_core.paths import config_file, resource_root
from inhand_description import ModelConfig, build_model, markers
from inhand_description.objects import OBJECTS
from inhand_description.urdf import object_urdf
from inhand_eval.trials import Protocol, run_trials
from inhand_policy.weights import load_metadata
from inhand_sim.cameras import RendererError, make_renderer
from inhand_training.config import load_training
from inhand_training.export import export_run
from inhand_training.run import train
from inhand_training.vision.config import load_vision_training
from inhand_training.vision.train import train as train_vision
from inhand_vision.weights import load_vision

STEPS, ROWS = 20_000, 32
SHIPPED = resource_root() / "config/objects"


@pytest.fixture(scope="module")
def brick(tmp_path_factory) -> str:
    """A brick of 56 x 44 x 40 mm, of docs/objects.md, in a folder of its own."""
    raw = yaml.safe_load((SHIPPED / "block.yaml").read_text())
    half = [0.028, 0.022, 0.020]
    del raw["inertia"]
    raw |= {"pieces": [{"box": half}], "mass": 0.06, "symmetry": "D2"}
    for face in raw["faces"]:
        axis = int(np.argmax(np.abs(face["normal"])))
        face |= {"distance": half[axis], "tile": [0.9 * min(half)] * 2}
    raw["markers"] = [[float(c * h / 0.025) for c, h in zip(marker, half)] for marker in raw["markers"]]
    path = tmp_path_factory.mktemp("objects") / "brick.yaml"
    path.write_text(yaml.safe_dump(raw))
    return str(path)


def recipe(folder: Path, thing: str) -> Path:
    """The studies' recipe for another object: three keys, and what makes it end in a test."""
    raw = yaml.safe_load((resource_root() / "config/training/study.yaml").read_text())
    named = {part: {"object": thing} for part in ("sim", "tracker", "goal")}
    named["sim"]["start_states"] = STARTS
    phase = raw["phases"][0]
    phase["env"] = merge(phase["env"], {"batch": ROWS, "overrides": named})
    phase |= {"until": {"steps": STEPS}}
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(raw | {"ranks": 1}))
    return path


def test_it_is_trained_on_for_20000_steps_and_measured(brick, tmp_path, capfd):
    training = load_training(recipe(tmp_path, brick))
    train(training, tmp_path / "run")
    said = capfd.readouterr().out
    assert said.startswith("phase 1 of 1, policy: builds worlds and networks\nphase 1 of 1, policy: begins\n")
    assert "policy 100 %" in said and said.endswith("checkpoint at step 20,480\n")
    train(training, tmp_path / "run")
    assert "phase 1 of 1, policy: goes on from step 20,480" in capfd.readouterr().out
    weights = tmp_path / "own.safetensors"
    assert export_run(training, tmp_path / "run", "own.yaml", weights)
    lines = [json.loads(line) for line in (tmp_path / "run/policy/log.jsonl").read_text().splitlines()]
    assert lines[-1]["steps"] >= STEPS and all(np.isfinite(line["kl"]) for line in lines)
    assert load_metadata(weights).training.object == brick
    sim = {"sim": {"start_states": STARTS}}
    found = run_trials(Protocol(str(weights), 4, "none", brick, 1.6, 50, 0, True, 1, False, sim))
    assert len(found.goals) == 4


def test_an_estimator_learns_to_see_it(brick, tmp_path):
    small = {"object": brick, "ranks": 1, "width": 8, "validation": 4, "states.count": 8, "states.rows": 4}
    small |= {"states.weights": "", "states.every": 2, "states.threads": 1, "render.workers": 1, "render.buffer": 8}
    small |= {"optimizer.batch": 2, "optimizer.batches": 3, "optimizer.warmup": 1, "optimizer.bfloat16": False}
    training = load_vision_training(config_file("training/vision.yaml"), small)
    try:
        written = train_vision(training, tmp_path / "run", "vision.yaml")
    except RendererError as error:
        pytest.skip(str(error))
    metadata, network = load_vision(written)
    assert metadata.object == brick
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())


@pytest.mark.parametrize("name", ["sphere", "cup"])
def test_what_ships_is_measured_by_the_blocks_policy(name, tmp_path):
    sim = {"sim": {"start_states": STARTS}}
    weights = str(resource_root() / "weights/block.safetensors")
    protocol = Protocol(weights, 4, "none", str(SHIPPED / f"{name}.yaml"), 1.6, 50, 0, True, 1, False, sim)
    by_path, by_name = (run_trials(dataclasses.replace(protocol, object=key)) for key in (protocol.object, name))
    assert len(by_path.goals) == 4
    assert np.array_equal(by_path.goals, by_name.goals)


def test_every_picture_of_it_has_its_own_size_and_colours(brick):
    """URDF for RViz, markers for the tracker, pixels for the cameras: of this file, not of the block's."""
    assert len(markers(brick)) == 17 and "<robot" in object_urdf(brick)
    try:
        renderer = make_renderer("classic", brick, crop=200)
    except RendererError as error:
        pytest.skip(str(error))
    qpos = np.array(build_model(ModelConfig(object=brick)).qpos0)
    own = renderer.render(qpos, ("top",))[0].astype(int)
    block = make_renderer("classic", "block", crop=200).render(qpos, ("top",))[0].astype(int)
    assert (np.abs(own - block).max(axis=-1) > 20).sum() > 20
    assert OBJECTS[brick].half_size == pytest.approx([0.028, 0.022, 0.020])


def test_a_recipe_that_names_no_object_says_so(tmp_path):
    training = load_training(recipe(tmp_path, str(tmp_path / "none.yaml")))
    with pytest.raises(ConfigError, match=r"no file .*none\.yaml.*'block', 'cup', 'prism', 'sphere'"):
        train(training, tmp_path / "run")
