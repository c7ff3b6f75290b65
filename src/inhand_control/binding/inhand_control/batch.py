"""Batched controller and pure functions over NumPy float64 arrays with leading dimension B."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inhand_control import _core

Float = NDArray[np.float64]


class Mode(IntEnum):
    """What a controller is doing; values of inhand_interfaces/ControllerStatus."""

    DISABLED = 0
    SOFT_START = 1
    RUNNING = 2
    HOLD = 3
    ZERO_TORQUE = 4
    STOPPED = 5


def _rows(values: ArrayLike) -> Float:
    return np.ascontiguousarray(values, dtype=np.float64)


def calibrate(hand: _core.HandModel, hall: ArrayLike) -> Float:
    """Return joint angles (B, 24) [rad] of raw Hall values (B, 26) [ADC counts]; doubled channels are averaged first.

    Raises:
        ValueError: `hall` is not (B, 26).
    """
    raw = _rows(hall)
    out = np.empty((raw.shape[0], _core.JOINTS))
    _core.calibrate(hand, raw, out)
    return out


def uncalibrate(hand: _core.HandModel, joint_position: ArrayLike) -> Float:
    """Return the raw Hall values (B, 26) [ADC counts] at joint angles (B, 24) [rad]: what simulated sensors read.

    Not rounded and not clipped to the converter's range.

    Raises:
        ValueError: `joint_position` is not (B, 24).
    """
    position = _rows(joint_position)
    out = np.empty((position.shape[0], _core.HALL_CHANNELS))
    _core.uncalibrate(hand, position, out)
    return out


def actuator_position(hand: _core.HandModel, joint_position: ArrayLike) -> Float:
    """Return actuated coordinates (B, 20) of joint values (B, 24): the joint itself, or J1 + J2 of a coupled pair.

    Linear, so velocities go through it as well.

    Raises:
        ValueError: `joint_position` is not (B, 24).
    """
    position = _rows(joint_position)
    out = np.empty((position.shape[0], _core.ACTUATORS))
    _core.actuator_position(hand, position, out)
    return out


def relative_target(
    hand: _core.HandModel,
    action: ArrayLike,
    joint_position: ArrayLike,
    *,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
) -> Float:
    """Return absolute targets (B, 20) [rad] of relative actions: position + action * half range, clipped to limits.

    The same function runs in the controller on the robot (paper, appendix B.4).

    Args:
        hand: the hand's tables.
        action: (B, 20) in [-1, 1].
        joint_position: (B, 24) [rad] when the action was given.
        lower, upper: (20,) or (B, 20) [rad], limits of the targets; those of the tables unless given.

    Raises:
        ValueError: an array has another shape.
    """
    actions = _rows(action)
    shape = actions.shape
    low = _rows(np.broadcast_to(hand.target_lower if lower is None else lower, shape))
    high = _rows(np.broadcast_to(hand.target_upper if upper is None else upper, shape))
    out = np.empty(shape)
    _core.relative_target(hand, actions, _rows(joint_position), low, high, out)
    return out


class BatchController:
    """B independent controllers stepped together; row b equals a batch of one, bit for bit.

    Times are integer nanoseconds of one monotonic time base, given by the caller: nothing here reads a clock.
    Times and sequence numbers are an int for all rows or an array (B,); masks are (B,) bool, default all rows.

        controller.offer_sensors(now, stamp, sequence, hall)   # zero or more times a cycle
        controller.offer_action(now, sequence, action)         # zero or more times a cycle
        controller.step(now)                                   # then read torque, position, mode, ...

    Inputs that are refused (wrong width, NaN, out of range, stale sequence, implausible, of another time) change
    nothing and are counted.
    """

    def __init__(self, hand: _core.HandModel, config: _core.ControllerConfig, batch: int = 1) -> None:
        self._core = _core.BatchController(hand, config, batch)
        self._all = np.ones(batch, dtype=bool)
        self.batch = batch
        #: (B, 20) torque [N m]; for a coupled pair, the torque on J1 + J2. Views: the next step overwrites them.
        self.torque: Float = self._core.torque
        #: (B, 20) target [rad] of the actuated coordinates.
        self.target: Float = self._core.target
        #: (B, 24) joint angle [rad].
        self.position: Float = self._core.position
        #: (B, 24) filtered joint velocity [rad/s].
        self.velocity: Float = self._core.velocity
        #: (B, 24) torque commanded on each joint [N m].
        self.effort: Float = self._core.effort
        #: (B,) uint8, see Mode.
        self.mode: NDArray[np.uint8] = self._core.mode[:, 0]

    def enable(self, mask: ArrayLike | None = None) -> None:
        """Allow torque, after a soft start; no effect on stopped rows."""
        self._core.enable(self._mask(mask))

    def disable(self, mask: ArrayLike | None = None) -> None:
        """Give zero torque until enabled."""
        self._core.disable(self._mask(mask))

    def stop(self, mask: ArrayLike | None = None) -> None:
        """Give zero torque, latched until cleared."""
        self._core.stop(self._mask(mask))

    def clear(self, mask: ArrayLike | None = None) -> None:
        """Release the latch of stop; the rows are then disabled."""
        self._core.clear(self._mask(mask))

    def reset(self, mask: ArrayLike | None = None) -> None:
        """Put rows back to how they were constructed: disabled, no inputs seen, counters at zero."""
        self._core.reset(self._mask(mask))

    def offer_sensors(
        self,
        now_ns: ArrayLike,
        stamp_ns: ArrayLike,
        sequence: ArrayLike,
        hall: ArrayLike,
        mask: ArrayLike | None = None,
        start: ArrayLike = 0,
    ) -> None:
        """Give one reading: `hall` (B, 26) raw ADC counts acquired at `stamp_ns`, arriving at `now_ns`.

        Another `start` than before says that the hand was set up again: it is then held where it is now.
        """
        times, numbers = (
            (self._times(now_ns), self._times(stamp_ns)),
            (self._sequences(sequence), self._sequences(start)),
        )
        self._core.offer_sensors(*times, *numbers, _rows(hall), self._mask(mask))

    def offer_action(
        self,
        now_ns: ArrayLike,
        sequence: ArrayLike,
        action: ArrayLike,
        mask: ArrayLike | None = None,
        stamp_ns: ArrayLike | None = None,
    ) -> None:
        """Give one relative action (B, 20) in [-1, 1]; the next step applies the latest, if torque is given then.

        `stamp_ns`, when it was decided, is in the time base of the sensors' stamps; `now_ns` by default. One that is
        further from the newest reading than the time-out of actions is refused.
        """
        times = self._times(now_ns), self._times(now_ns if stamp_ns is None else stamp_ns)
        self._core.offer_action(*times, self._sequences(sequence), _rows(action), self._mask(mask))

    def step(self, now_ns: ArrayLike, mask: ArrayLike | None = None) -> None:
        """Run one cycle; outputs of the masked rows are new afterwards."""
        self._core.step(self._times(now_ns), self._mask(mask))

    def counters(self) -> dict[str, NDArray[np.uint64]]:
        """Return counters since construction or reset, each (B,): cycles, holds, zero_torques, refusals by cause."""
        return self._core.counters()

    def get_state(self) -> NDArray[np.uint8]:
        """Return everything that changes from cycle to cycle, (B, n) opaque bytes."""
        return self._core.get_state()

    def set_state(self, state: NDArray[np.uint8], mask: ArrayLike | None = None) -> None:
        """Put back what get_state returned; outputs follow."""
        self._core.set_state(np.ascontiguousarray(state), self._mask(mask))

    def _mask(self, mask: ArrayLike | None) -> NDArray[np.bool_]:
        return self._all if mask is None else np.ascontiguousarray(mask, dtype=bool)

    def _times(self, values: ArrayLike) -> NDArray[np.int64]:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype=np.int64), (self.batch,)))

    def _sequences(self, values: ArrayLike) -> NDArray[np.uint64]:
        return np.ascontiguousarray(np.broadcast_to(np.asarray(values, dtype=np.uint64), (self.batch,)))
