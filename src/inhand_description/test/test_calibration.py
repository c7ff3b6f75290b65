"""A calibration file replaces single values of the model, and a malformed one is refused with its culprit's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from inhand_core.config import ConfigError
from inhand_description import ACTUATOR_INDEX, ACTUATORS, JOINT_INDEX, JOINTS, ModelConfig, build_model
from inhand_description.calibration import load_calibration, to_sections

CONTENT = {
    "joints": {
        "rh_FFJ3": {
            "damping": 0.07,
            "equilibrium": 0.4,
            "friction_loss": 0.01,
            "stiffness": 0.02,
            "margin": 0.03,
            "lower": 0.1,
        }
    },
    "actuators": {"rh_FFJ0": {"kp": 0.6, "force": 0.5, "log_delta_positive": 2.0}},
    "markers": {"0": [0.001, 0.008, 0.018]},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "hand.yaml").write_text(yaml.safe_dump(CONTENT))
    return tmp_path / "hand.yaml"


def test_values_replace_those_of_the_tables_and_nothing_else(path: Path) -> None:
    plain, model = (build_model(ModelConfig(object="none", calibration=c)) for c in ("", str(path)))
    joint, motor = JOINT_INDEX["rh_FFJ3"], ACTUATOR_INDEX["rh_FFJ0"]
    assert model.dof_damping[joint] == 0.07
    assert model.qpos_spring[joint] == 0.4
    assert model.dof_frictionloss[joint] == 0.01
    assert model.jnt_stiffness[joint] == 0.02
    assert model.jnt_margin[joint] == 0.03
    np.testing.assert_allclose(model.jnt_range[joint], [0.1, JOINTS[joint].upper])
    assert (model.actuator_gainprm[motor, 0], model.actuator_biasprm[motor, 1]) == (0.6, -0.6)
    assert model.actuator_biasprm[motor, 2] == plain.actuator_biasprm[motor, 2]
    np.testing.assert_array_equal(model.actuator_forcerange[motor], [-0.5, 0.5])
    np.testing.assert_array_equal(model.site("marker_0").pos, CONTENT["markers"]["0"])
    others = np.arange(model.nv) != joint
    for name in ("dof_damping", "qpos_spring", "dof_frictionloss", "jnt_stiffness", "jnt_margin", "jnt_range"):
        np.testing.assert_array_equal(getattr(model, name)[others], getattr(plain, name)[others], name)


def test_a_torque_driven_motor_gives_its_share_of_the_demand(path: Path) -> None:
    model = build_model(ModelConfig(object="none", actuation="torque", calibration=str(path)))
    motor = ACTUATOR_INDEX["rh_FFJ0"]
    assert model.actuator_gainprm[motor, 0] == pytest.approx(0.6 / ACTUATORS[motor].kp)


def test_a_locked_wrist_stays_locked(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("joints: {rh_WRJ1: {lower: -0.6, upper: 0.4, damping: 0.3}}")
    model = build_model(ModelConfig(object="none", locked_wrist=True, calibration=str(tmp_path / "c.yaml")))
    wrist = JOINT_INDEX["rh_WRJ1"]
    assert np.ptp(model.jnt_range[wrist]) == pytest.approx(2e-3)
    assert model.dof_damping[wrist] == 0.3


def test_backlash_of_each_direction(path: Path) -> None:
    found = load_calibration(path).log_delta(3.0)
    assert found.shape == (20, 2)
    assert found[ACTUATOR_INDEX["rh_FFJ0"]].tolist() == [3.0, 2.0]
    assert (np.delete(found, ACTUATOR_INDEX["rh_FFJ0"], axis=0) == 3.0).all()


def test_sections_are_what_was_read(path: Path) -> None:
    assert to_sections(load_calibration(path)) == CONTENT


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("joints: {rh_FFJ9: {damping: 1}}", "rh_FFJ9"),
        ("joints: {rh_FFJ3: {dampning: 1}}", "dampning"),
        ("joints: {rh_FFJ3: {damping: -1}}", "damping"),
        ("joints: {rh_FFJ3: {lower: 2.0}}", "rh_FFJ3"),
        ("actuators: {rh_FFJ1: {kp: 1}}", "rh_FFJ1"),
        ("actuators: {rh_FFJ0: {kp: 0}}", "kp"),
        ("actuators: {rh_FFJ0: {kp: .nan}}", "kp"),
        ("markers: {9: [0, 0, 0]}", "'9'"),
        ("markers: {0: [0, 0]}", "markers.0"),
        ("sensors: {}", "sensors"),
    ],
)
def test_errors_name_the_culprit(tmp_path: Path, text: str, culprit: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(ConfigError, match=culprit):
        build_model(ModelConfig(calibration=str(tmp_path / "bad.yaml")))
