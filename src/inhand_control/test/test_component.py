"""The controller as a component of the graph."""

import dataclasses

import hand
import numpy as np
import pytest

import inhand_control as ic
from inhand_control.component import PdController
from inhand_core.config import load_config, read_yaml
from inhand_core.paths import config_file
from inhand_core.random import row_seeds
from inhand_core.signals import HandAction, HandSensors

MODEL = ic.load_hand_tables(config_file("hand"))


def _config(**changes) -> ic.ControllerParameters:
    parameters = load_config(ic.ControllerParameters, read_yaml(config_file("controller")))
    return dataclasses.replace(parameters, auto_enable=True, **changes)


def _component(batch: int, **changes) -> PdController:
    return PdController(_config(**changes), row_seeds(0, batch))


def _inputs(batch: int, k: int, action: float | None) -> dict:
    angles = np.full((batch, 24), 0.1 + 0.001 * k)
    inputs = {"sensors": HandSensors(ic.uncalibrate(MODEL, angles), np.zeros((batch, 20)))}
    if action is not None:
        inputs["action"] = HandAction(np.full((batch, 20), action), np.full((batch, 20), -1), np.zeros(batch, int))
    return inputs


def _run(component: PdController, ticks: range, action: float | None = 0.1) -> list[np.ndarray]:
    return [
        component.step(_inputs(component.batch, k, action), 0.0 if k == 0 else 0.005)["motor_commands"].torque
        for k in ticks
    ]


def test_takes_each_action_once_every_80_ms():
    component = _component(2)
    _run(component, range(33))
    counters = component.controller.counters()
    assert counters["actions_accepted"].tolist() == [3, 3]
    assert counters["sensors_accepted"].tolist() == [33, 33]
    assert counters["actions_refused_stale"].tolist() == [0, 0]


def test_holds_without_actions():
    component = _component(1)
    _run(component, range(80), action=None)
    assert component.controller.mode[0] == ic.Mode.HOLD


def test_disabled_without_auto_enable():
    component = PdController(dataclasses.replace(_config(), auto_enable=False), row_seeds(0, 1))
    assert not np.any(_run(component, range(20)))


def test_outputs_are_not_overwritten_by_the_next_step():
    component = _component(1)
    torques = _run(component, range(60))
    assert len({t.tobytes() for t in torques}) > 20


def test_save_and_restore_repeat_bit_for_bit():
    component = _component(3)
    _run(component, range(40))
    saved = component.save()
    first = _run(component, range(40, 60))
    component.restore(saved)
    np.testing.assert_array_equal(first, _run(component, range(40, 60)))


def test_reset_starts_the_masked_rows_anew():
    component = _component(2)
    _run(component, range(100))
    component.reset(np.array([True, False]))
    torque = component.step(_inputs(2, 100, 0.1), 0.005)["motor_commands"].torque
    assert component.controller.mode.tolist() == [ic.Mode.SOFT_START, ic.Mode.RUNNING]
    assert not torque[0].any()
    assert torque[1].all()


def test_bad_action_period_is_named():
    with pytest.raises(ValueError, match="action_period_s"):
        _component(1, action_period_s=0.0)


def test_test_hand_and_project_hand_have_the_same_names():
    tables = read_yaml(config_file("hand"))["hand"]
    assert tables["joint_names"] == hand.JOINTS
    assert tables["actuator_names"] == hand.tables()["actuator_names"]
