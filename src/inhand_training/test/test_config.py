"""Recipes load, and what is wrong in one is named."""

import pytest
import yaml

from inhand_core.config import ConfigError, load_config, read_yaml, to_mapping
from inhand_core.paths import resource_root
from inhand_training.config import TrainingConfig, load_resolved, load_training, merge
from inhand_training.export import deployable, export_run

RECIPES = [path for path in sorted((resource_root() / "config/training").glob("*.yaml")) if "phases" in read_yaml(path)]


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_recipe_ends_in_a_policy_for_the_hand(path):
    config = load_training(path)
    assert deployable(config.phases[-1])


def test_a_run_stopped_before_its_last_phase_writes_no_policy(tmp_path):
    config = load_training(resource_root() / "config/training/block.yaml")
    assert not export_run(config, tmp_path, "block.yaml", tmp_path / "policy.safetensors")
    assert not list(tmp_path.iterdir())


def test_paper_values():
    phase = load_training(resource_root() / "config/training/paper.yaml").phases[0]
    ppo = phase.ppo
    assert (ppo.gamma, ppo.gae_lambda, ppo.clip, ppo.entropy, ppo.learning_rate) == (0.998, 0.95, 0.2, 0.01, 3e-4)
    assert (phase.actor.dense, phase.actor.lstm) == ((1024,), 512)
    assert "relative_target_orientation" in phase.env.policy and phase.env.randomization == "all"


def test_defaults_lie_under_each_phase():
    base = {"env": {"batch": 1, "reward": {"goal": 5}}, "name": "a"}
    assert merge(base, {"env": {"reward": {"drop": 2}}, "name": "b"}) == {
        "env": {"batch": 1, "reward": {"goal": 5, "drop": 2}},
        "name": "b",
    }


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("gamma: 0.998", "gama: 0.998", "gama"),
        ("kind: ppo", "kind: distill", r"phases\[0\]: unknown \['critic', 'ppo'\]; known .*'distill'"),
        ("kind: ppo", "kind: sac", r"phases\[0\].kind: 'sac' is not one of \['ppo', 'distill'\]"),
        ("name: policy", "name: policy\n    start_from: elsewhere", "elsewhere"),
        ("steps: 39000000000", "steps: 0", "minutes"),
        ("fingertip_positions, object_position, rel", "fingertip_positions, object_weight, rel", "object_weight"),
        ("dense: [1024], lstm: 512", "dense: [1024, 512], lstm: 512", "one dense layer"),
    ],
)
def test_mistakes_are_named(tmp_path, old, new, match):
    text = (resource_root() / "config/training/paper.yaml").read_text()
    assert old in text
    (tmp_path / "recipe.yaml").write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=match):
        load_training(tmp_path / "recipe.yaml")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("ppo", "gamma", 1.7),
        ("ppo", "gae_lambda", -0.1),
        ("ppo", "clip", -1.0),
        ("ppo", "horizon", 0),
        ("ppo", "epochs", 0),
        ("ppo", "minibatch", 0),
        ("ppo", "learning_rate", float("nan")),
        ("ppo", "learning_rate_range", [0.0, 1e-3]),
        ("ppo", "critic_rate", 0.0),
        ("ppo", "target_kl", -0.01),
        ("ppo", "max_gradient", 0.0),
        ("ppo", "window", 0),
        ("ppo", "averaging", 1.0),
        ("ppo", "bound", float("inf")),
        ("env", "batch", 0),
        ("actor", "initial_std", 0.0),
        ("actor", "dense", [0]),
        ("actor", "dense", []),
        ("actor", "lstm", -1),
    ],
)
def test_every_number_of_a_recipe_has_a_range(section, key, value):
    raw = to_mapping(load_training(resource_root() / "config/training/paper.yaml"))
    raw["phases"][0][section][key] = value
    with pytest.raises(ConfigError, match=key):
        load_config(TrainingConfig, raw, "recipe")


def test_an_adapted_rate_begins_within_its_range():
    raw = to_mapping(load_training(resource_root() / "config/training/paper.yaml"))
    raw["phases"][0]["ppo"] |= {"learning_rate_range": [1e-6, 2e-6], "target_kl": 0.01}
    with pytest.raises(ConfigError, match=r"learning_rate: 0.0003 is not in learning_rate_range"):
        load_config(TrainingConfig, raw, "recipe")


def test_errors_are_configuration_errors(tmp_path):
    (tmp_path / "empty.yaml").write_text("seed: 0\n")
    with pytest.raises(ConfigError, match="missing"):
        load_training(tmp_path / "empty.yaml")


def test_a_phase_takes_of_the_defaults_what_its_kind_has():
    student = load_training(resource_root() / "config/training/block.yaml").phases[-1]
    assert student.kind == "distill" and not hasattr(student, "ppo") and not hasattr(student, "critic")


def test_defaults_that_no_kind_has_are_refused(tmp_path):
    text = (resource_root() / "config/training/block.yaml").read_text()
    (tmp_path / "recipe.yaml").write_text(text.replace("defaults:\n", "defaults:\n  critics: {}\n", 1))
    with pytest.raises(ConfigError, match=r"defaults: unknown \['critics'\]"):
        load_training(tmp_path / "recipe.yaml")


def test_runs_of_before_whose_phases_had_the_keys_of_all_kinds_are_read(tmp_path):
    whole = load_training(resource_root() / "config/training/block.yaml")
    raw = to_mapping(whole)
    ppo = next(phase["ppo"] for phase in raw["phases"] if phase["kind"] == "ppo")
    keys = ("critic", "ppo", "distill", "critic_from", "teacher")
    raw["phases"] = [dict.fromkeys(keys) | {"ppo": ppo} | phase for phase in raw["phases"]]
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(raw))
    assert load_resolved(tmp_path / "config.yaml") == whole


def derived(folder, text):
    (folder / "block_more.yaml").write_text((resource_root() / "config/training/block_more.yaml").read_text())
    (folder / "derived.yaml").write_text(text)
    return load_training(folder / "derived.yaml")


def test_a_recipe_says_what_differs_from_its_base(tmp_path):
    base = load_training(resource_root() / "config/training/block_more.yaml")
    recipe = derived(
        tmp_path, "base: block_more.yaml\nseed: 9\nphases: {policy: {critic_from: null, ppo: {warm_up: 7}}}\n"
    )
    policy, of_base = recipe.phases[0], base.phases[1]
    assert (recipe.seed, recipe.kept, len(recipe.phases)) == (9, None, 1)
    assert (policy.ppo.warm_up, policy.critic_from) == (7, None)
    assert (policy.ppo.horizon, policy.env, policy.start_from) == (
        of_base.ppo.horizon,
        of_base.env,
        of_base.start_from,
    )


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("base: block_more.yaml\nphases: {pupil: }\n", r"unknown \['pupil'\]; .* has \['teacher', 'policy'\]"),
        ("base: nosuch.yaml\nphases: {policy: }\n", "nosuch.yaml"),
        ("base: derived.yaml\nphases: {policy: }\n", "has a base itself"),
        ("base: block_more.yaml\nphases: [policy]\n", "mapping"),
        ("base: 3\nphases: {policy: }\n", "name of a recipe"),
    ],
)
def test_a_base_that_is_wrong_is_named(tmp_path, text, match):
    with pytest.raises(ConfigError, match=match):
        derived(tmp_path, text)
