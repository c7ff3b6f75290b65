"""calibration.launch.xml: the exercise on a hand with hidden Hall tables over DDS, and what is made of its bag."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.processes import wait_for

from inhand_calibration.commands import joints, model
from inhand_calibration.joints.tables import controller_text, load_tables
from inhand_calibration.recording import read_bag
from inhand_core.config import ConfigError
from inhand_description import JOINT_INDEX
from inhand_description.hall import HallTable, described_tables

KNUCKLE = JOINT_INDEX["rh_FFJ3"]
LIVE_S = 4.0


@pytest.fixture(scope="module")
def bag(launch, folder: Path) -> Path:
    """The bag of a short exercise of one finger, whose knuckle's sensor is 4.6 degrees off its table."""
    tables = list(described_tables())
    tables[KNUCKLE] = HallTable("rh_FFJ3", tables[KNUCKLE].raw, tables[KNUCKLE].angle + 0.08)
    (folder / "truth.yaml").write_text(controller_text(tables))
    arguments = [
        f"bag:={folder / 'bag'}",
        "groups:=[ff]",
        "oscillate_s:=5.0",
        f"sim_hall_tables:={folder / 'truth.yaml'}",
    ]
    launched = launch("calibration.launch.xml", *arguments)
    wait_for(
        lambda: "is pushed inward" in launched.output or launched.process.poll() is not None,
        120.0,
        lambda: launched.output[-5000:],
    )
    assert launched.process.poll() is None, launched.output[-5000:]
    joints(live=LIVE_S, out=folder / "live", plots=False)  # of the same exercise, by a recorder of its own
    code = launched.process.wait(120.0)
    assert code == 0, launched.output[-5000:]
    assert "Traceback" not in launched.output, launched.output[-5000:]
    for phase in ("is pushed inward", "is pushed outward", "oscillates"):
        assert f"ff {phase}" in launched.output
    return folder / "bag"


def test_the_bag_holds_the_exercise(bag: Path) -> None:
    recording = read_bag(bag)
    assert recording.duration_s > 7.0
    assert 0.9 < len(recording.sensor_time) / (200.0 * recording.duration_s) < 1.1
    assert np.median(np.diff(recording.action_time)) == pytest.approx(0.08, abs=0.01)
    assert np.ptp(recording.raw()[:, KNUCKLE]) > 1000.0


@pytest.mark.parametrize("source", ["out", "live"])
def test_the_hidden_table_is_found(bag: Path, folder: Path, source: str) -> None:
    """In the bag, and in what was recorded from the live topics."""
    if source == "out":
        joints(bag=bag, out=folder / "out", plots=False)
    else:
        (bag,) = (folder / "live").glob("live_*")
    found, truth = (load_tables(folder / path)[KNUCKLE] for path in (f"{source}/hand.yaml", "truth.yaml"))
    raw = read_bag(bag).raw()[:, KNUCKLE]
    assert np.abs(found.angles(raw) - truth.angles(raw)).max() < 0.02
    report = json.loads((folder / source / "report.json").read_text())
    assert report["fingertip_error_mm"]["after"]["ff"] < 0.2 * report["fingertip_error_mm"]["before"]["ff"]
    # What a few live seconds happen to cover may leave the table's ends to the factory's word.
    assert report["joints"]["rh_FFJ3"]["status"] in (("determined",) if source == "out" else ("determined", "weak"))


def test_the_model_is_fitted_and_the_simulator_loads_it(bag: Path, folder: Path) -> None:
    joints(bag=bag, out=folder / "out", plots=False)
    kinds = ("damping", "log_delta_negative", "log_delta_positive")
    model(bag=bag, tables=folder / "out/hand.yaml", out=folder / "out", kinds=kinds, sweeps=2, threads=1, plots=False)
    report = json.loads((folder / "out/model_report.json").read_text())
    fitted = report["joint_error_rad"]["fitted"]
    assert fitted["after"]["path"]["ff"] < 0.8 * fitted["before"]["path"]["ff"]
    assert "log_delta" in (folder / "out/model.yaml").read_text()


def test_what_is_no_bag_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no such bag"):
        read_bag(folder / "nothing")
    with pytest.raises(ValueError, match="give one of --bag and --live"):
        joints(out=folder / "out")
