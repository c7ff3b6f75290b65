"""`inhand bench learning` reads a run's curve over its phases."""

import json

from inhand_core.paths import resource_root
from inhand_training.bench import first_minute, milestones, shortened
from inhand_training.config import load_training


def write(folder, entries):
    folder.mkdir()
    keys = ("minutes", "mean_goals", "goal_angle", "window")
    (folder / "log.jsonl").write_text("".join(json.dumps(dict(zip(keys, e, strict=True))) + "\n" for e in entries))


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
