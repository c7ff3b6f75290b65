"""A training in the background says what it is at."""

import json
import os
import subprocess
import sys
import time

import pytest

from inhand_core.config import ConfigError
from inhand_training import background
from inhand_training.status import binned, remaining, report, sparkline

STATUS = {
    "phase": "teacher", "number": 2, "phases": 3, "steps": 50_000, "until_steps": 200_000, "progress": 0.25,
    "minutes": 10.0, "steps_per_s": 100.0, "finished": False,
}  # fmt: skip


def write(folder, entries, **changes):
    (folder / "teacher").mkdir(parents=True, exist_ok=True)
    (folder / "teacher/log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    background.write_status(folder, STATUS | changes)


def test_report_names_phase_rate_forecast_and_curve(tmp_path):
    entries = [{"steps": k * 1000, "drops_per_goal": 0.1 - 0.001 * k, "interval_goals": 50.0} for k in range(1, 51)]
    write(tmp_path, entries)
    text = "\n".join(report(tmp_path))
    assert "phase 2 of 3, teacher: 50,000 steps, 25.0 %" in text
    assert "100 steps/s; this phase takes 25 min more" in text
    assert "drops_per_goal" in text and "█" in text and "0.099 … 0.05" in text


def test_report_of_a_folder_without_a_run_names_those_that_are(tmp_path):
    write(tmp_path / "other", [])
    with pytest.raises(ConfigError, match=r"nothing: no run there; beside it: .*other"):
        report(tmp_path / "nothing")


def test_a_finished_run_says_so(tmp_path):
    write(tmp_path / "run", [], finished=True, progress=1.0)
    assert ": finished; last word" in report(tmp_path / "run")[0]
    write(tmp_path / "run", [], progress=0.5)
    assert ": stopped; the same command goes on" in report(tmp_path / "run")[0]


def test_time_left_follows_minutes_where_a_phase_has_no_steps():
    assert remaining(STATUS) == pytest.approx(1500.0)
    assert remaining(STATUS | {"until_steps": 0}) == pytest.approx(60 * 30.0)
    assert remaining(STATUS | {"progress": 1.0}) is None


def test_curve_weighs_intervals_by_their_goals():
    assert binned([(0.0, 0.0, 30.0), (1.0, 1.0, 10.0), (100.0, 0.5, 5.0)], 2) == [0.25, 0.5]
    assert sparkline([0.0, 1.0]) == "▁█" and sparkline([2.0, 2.0]) == "▁▁"


SCRIPT = """
import os, sys, time
from pathlib import Path
from inhand_training.background import alone
with alone(Path(sys.argv[1])):
    print(os.sched_getscheduler(0), os.getsid(0) == os.getpid(), flush=True)
    time.sleep(600)
"""


def test_a_background_process_yields_and_has_its_folder_alone(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    (tmp_path / "train.py").write_text(SCRIPT)
    monkeypatch.setattr(background, "_BEGIN_S", 1.0)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "train.py")])
    number = background.start([str(folder)], folder)
    try:
        deadline = time.monotonic() + 60.0
        while not (text := (folder / background.LOG).read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert text.split() == [str(os.SCHED_IDLE), "True"]
        assert background.process_of(folder) == number
        assert report(folder) == [f"{folder}: starting"]
        with pytest.raises(ConfigError, match=f"process {number} trains there"):
            background.start([], folder)
        with pytest.raises(ConfigError, match=f"process {number} trains there"), background.alone(folder):
            pass
    finally:
        os.kill(number, 9)
        os.waitpid(number, 0)
    assert background.process_of(folder) is None
    with background.alone(folder):
        assert background.process_of(folder) == os.getpid()


def test_a_background_process_that_ends_at_once_is_an_error_with_its_last_word(tmp_path, monkeypatch):
    script = tmp_path / "train.py"
    script.write_text("raise SystemExit('no such recipe')")
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setattr(background, "_BEGIN_S", 60.0)
    with pytest.raises(ConfigError, match="ended at once: no such recipe"):
        background.start([], tmp_path / "run")


def test_help_does_not_need_torch():
    code = "import sys; import inhand_training.commands; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 0
