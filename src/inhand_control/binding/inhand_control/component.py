"""The controller as a component of the in-process graph; over DDS the real-time node runs the same C++ class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inhand_control.batch import BatchController
from inhand_control.config import ControllerParameters, controller_config, load_hand_tables
from inhand_control.ports import PdControllerInputs, PdControllerOutputs
from inhand_core.component import Component
from inhand_core.config import ConfigError
from inhand_core.paths import config_file
from inhand_core.signals import JointStates, MotorCommands
from inhand_core.times import nanoseconds


@dataclass
class PdControllerState:
    """Per row: time of the next step [ns], number of readings and of actions taken, and the controller's own bytes."""

    time_ns: np.ndarray
    readings: np.ndarray
    actions: np.ndarray
    core: np.ndarray


class PdController(Component[PdControllerInputs, PdControllerOutputs]):
    """Torques from raw sensors and relative actions, one cycle a reading (paper, appendix B.4).

    An action is taken once, at the first reading at or after its time (every `action_period_s` from 0): as the node in
    lockstep.
    `reset` puts a row back to time 0, enabled at once with `auto_enable`. Tables come from config/hand.yaml.
    """

    Config = ControllerParameters

    def __init__(self, config: ControllerParameters, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self._action_period_ns = nanoseconds(config.action_period_s)
        if self._action_period_ns <= 0:
            raise ConfigError(f"action_period_s must be above 0, is {config.action_period_s}")
        self.controller = BatchController(
            load_hand_tables(config_file("hand")), controller_config(config.control), self.batch
        )
        zeros = np.zeros(self.batch, dtype=np.int64)
        self.state = PdControllerState(zeros, zeros.copy(), zeros.copy(), self.controller.get_state())
        self.reset(np.ones(self.batch, dtype=bool))

    def reset(self, mask: np.ndarray) -> None:
        """Start rows again: no inputs seen, torque allowed only with `auto_enable`."""
        self.controller.reset(mask)
        if self.config.auto_enable:
            self.controller.enable(mask)
        for counter in (self.state.time_ns, self.state.readings, self.state.actions):
            counter[mask] = 0
        self.state.core = self.controller.get_state()

    def step(self, inputs: PdControllerInputs, dt: float) -> PdControllerOutputs:
        """Take one reading, and the action that is due with it; return the torques and the calibrated joints."""
        state, controller = self.state, self.controller
        sensors, action = inputs["sensors"], inputs.get("action")

        state.time_ns += nanoseconds(dt)
        controller.offer_sensors(state.time_ns, state.time_ns, state.readings, sensors.hall, start=sensors.start)
        state.readings += 1
        number = state.time_ns // self._action_period_ns
        if action is not None and (due := number >= state.actions).any():
            stamp = number * self._action_period_ns
            controller.offer_action(state.time_ns, number, action.action, due, stamp)
            state.actions[due] = number[due] + 1
        controller.step(state.time_ns)
        state.core = controller.get_state()

        return {
            "motor_commands": MotorCommands(controller.torque.copy()),
            "joint_states": JointStates(
                controller.position.copy(), controller.velocity.copy(), controller.effort.copy()
            ),
        }

    def restore(self, saved: Any) -> None:
        """Go back to what `save` returned."""
        super().restore(saved)
        self.controller.set_state(self.state.core)
