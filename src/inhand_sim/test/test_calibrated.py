"""The simulators take a calibrated model, its backlash, and Hall tables of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from sims import make_realtime, make_training

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_description import ACTUATOR_INDEX, HALL_CHANNELS, JOINT_INDEX
from inhand_sim.links import Backlash


@pytest.fixture
def calibration(tmp_path: Path) -> str:
    path = tmp_path / "model.yaml"
    path.write_text("joints: {rh_FFJ3: {damping: 0.2}}\nactuators: {rh_FFJ3: {kp: 0.7, log_delta_negative: 2.5}}\n")
    return str(path)


def test_training_randomises_about_the_calibrated_values(calibration: str) -> None:
    plain, calibrated = (make_training(4, ("physics",), calibration=c) for c in ("", calibration))
    joint, motor = JOINT_INDEX["rh_FFJ3"], ACTUATOR_INDEX["rh_FFJ3"]
    for name, index, ratio in (("dof_damping", joint, 0.2 / 0.05), ("actuator_gainprm", (motor, 0), 0.7)):
        before, after = (sim.worlds.expanded(name)[(slice(None), *np.atleast_1d(index))] for sim in (plain, calibrated))
        np.testing.assert_allclose(after / before, ratio, rtol=1e-12, err_msg=name)


def test_backlash_begins_from_the_calibrated_values(calibration: str) -> None:
    raw = {**read_yaml(config_file("randomization"))["backlash"], "calibration": calibration}
    raw["spread"] = {**raw["spread"], "std": 0.0}
    link = Backlash(load_config(Backlash.Config, raw), row_seeds(0, 2))
    link.start()
    plain = load_config(Backlash.Config, {**raw, "calibration": ""})
    expected = np.tile(np.exp(plain.log_deltas()), (2, 1, 1))
    expected[:, ACTUATOR_INDEX["rh_FFJ3"], 0] = np.exp(2.5)
    np.testing.assert_allclose(link.state.delta, expected)


def test_sensors_follow_their_own_tables(tmp_path: Path) -> None:
    content = yaml.safe_load(config_file("hand").read_text())
    table = content["/**"]["ros__parameters"]["hand"]["calibration"]["rh_FFJ3"]
    table["raw"] = [raw + 100.0 for raw in table["raw"]]
    (tmp_path / "hand.yaml").write_text(yaml.safe_dump(content))
    halls = [
        make_realtime(1, (), hall_tables=tables).step({}, 0.0025)["hand_sensors"].hall[0]
        for tables in ("", str(tmp_path / "hand.yaml"))
    ]
    difference = halls[1] - halls[0]
    channel = HALL_CHANNELS.index("rh_FFJ3")
    assert difference[channel] == 100.0
    assert (np.delete(difference, channel) == 0.0).all()


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match="nowhere.yaml: no such file"):
        make_training(1, (), calibration="nowhere.yaml")
