"""`inhand bench learning` reads a run's curve over its phases; `inhand bench training` cuts one to a phase."""

import json

import pytest

from inhand_bench.training.learning import first_minute, milestones, shortened
from inhand_bench.training.throughput import throughput_run
from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_training.config import load_training


def write(folder, entries):
    folder.mkdir()
    keys = ("minutes", "mean_goals", "goal_angle", "window")
    rows = [{**dict(zip(keys, entry, strict=True)), "steps": number} for number, entry in enumerate(entries)]
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_minutes_add_up_and_near_goals_do_not_count(tmp_path):
    write(tmp_path / "a", [(1.0, 12.0, 1.2, 1.0), (4.0, 2.0, 3.14159, 1.0)])
    write(tmp_path / "b", [(0.5, 30.0, 3.14159, 0.2), (3.0, 11.0, 3.14159, 1.0), (6.0, 19.0, 3.14159, 1.0)])
    curve = list(milestones(tmp_path, ("a", "b", "c")))
    assert curve == [(1.0, 0.0), (4.0, 2.0), (4.5, 0.0), (7.0, 11.0), (10.0, 19.0)]
    assert first_minute(curve, 10.0) == 7.0 and first_minute(curve, 20.0) is None


def test_shortened_phase_ends_in_time_and_others_stay():
    training = load_training(resource_root() / "config/training/block.yaml")
    short = shortened(training, "fine", 5.0)
    assert [p.until.minutes for p in short.phases] == [5.0 if p.name == "fine" else 0.0 for p in training.phases]
    assert [p.until.steps for p in short.phases] == [p.until.steps for p in training.phases]


def test_throughput_is_that_of_one_phase_under_all_randomisation():
    training = load_training(resource_root() / "config/training/block.yaml")
    (phase,) = throughput_run(training, "informed", "weights/block_teacher.safetensors", 32, 0.5).phases
    assert (phase.env.randomization, phase.env.scale.first_scale, phase.env.scale.uniform) == ("all", 1.0, 0.0)
    assert (phase.env.batch, phase.until.minutes, phase.start_from) == (32, 0.5, "weights/block_teacher.safetensors")
    with pytest.raises(ConfigError, match="'student'.*known.*'informed'"):
        throughput_run(training, "student", "weights/block_teacher.safetensors", 32, 0.5)
