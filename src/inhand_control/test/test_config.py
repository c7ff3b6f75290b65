"""Configuration from mappings and from the project's own files."""

import dataclasses

import hand
import pytest

import inhand_control as ic
from inhand_core import hand_file
from inhand_core.config import ConfigError, load_config
from inhand_core.paths import config_file


def _tables(**changes) -> hand_file.HandTables:
    return dataclasses.replace(load_config(hand_file.HandTables, hand.tables()), **changes)


def test_the_projects_files_load():
    model = ic.load_hand_tables(config_file("hand"))
    config = ic.load_controller_config(config_file("controller"))
    assert len(model.lower) == len(model.upper) == 20
    assert (config.period_ns, config.action_timeout_ns, config.sensors_timeout_ns) == (5e6, 250e6, 20e6)


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"kp": (1.0,) * 19}, "kp: 19 entries"),
        ({"torque_limit": (-1.0,) * 20}, r"torque_limit\[0\]"),
        ({"hall_channel_joint": ("rh_XX",) * 26}, "unknown joint 'rh_XX'"),
        ({"calibration": {}}, "missing .*rh_WRJ2"),
    ],
)
def test_bad_tables_name_the_culprit(changes, culprit):
    with pytest.raises(ConfigError, match=culprit):
        ic.hand_model(_tables(**changes))


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"hold": "grip"}, "unknown 'grip'; known measured_position, last_target"),
        ({"relative_to": "x"}, "known joint_position, previous_target"),
        ({"limits": "x"}, "unknown 'x'; known targets, range"),
        ({"sensors_timeout_s": 0.001}, "sensors_timeout_s must be at least period_s"),
        ({"torque_slew": float("inf")}, "torque_slew"),
    ],
)
def test_bad_parameters_name_the_culprit(changes, culprit):
    with pytest.raises(ConfigError, match=culprit):
        hand.config(**changes)


def test_a_file_without_the_section_is_refused(tmp_path):
    (tmp_path / "other.yaml").write_text("arm: {}\n")
    with pytest.raises(ConfigError, match=r"expected the section \['hand'\], found \['arm'\]"):
        ic.load_hand_tables(tmp_path / "other.yaml")
