"""Iterative coordinate descent over the model's parameters, finger by finger; it can be interrupted and goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inhand_calibration.model.parameters import Parameter, starts
from inhand_calibration.model.replay import GroupReplay
from inhand_calibration.model.windows import Windows
from inhand_core.config import ConfigError
from inhand_core.files import write_whole

_STATE_PERIOD = 2.0
"""The state file is written at most this often [s], and at the end."""


@dataclass(frozen=True)
class DescentConfig:
    """Values and texts in config/calibration.yaml, section model."""

    window_s: float
    stride_s: float
    hold_back: int
    compare: str
    sweeps: int
    min_gain: float
    grow: float
    shrink: float
    smallest_step: float
    restarts: int
    timestep: float

    def __post_init__(self) -> None:
        if self.compare not in ("end", "path"):
            raise ValueError(f"compare: {self.compare!r} is not one of ['end', 'path']")
        for name, least in (("sweeps", 1), ("hold_back", 2), ("restarts", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be >= {least}, is {getattr(self, name)}")
        if not (0.0 <= self.min_gain < 1.0 and self.grow >= 1.0 and 0.0 < self.shrink < 1.0):
            raise ValueError("min_gain must lie in [0, 1), grow be >= 1, shrink lie in (0, 1)")
        for name in ("window_s", "stride_s", "smallest_step", "timestep"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be > 0, is {getattr(self, name)}")


@dataclass
class DescentState:
    """Everything that changes; a JSON file holds it between runs.

    Attributes:
        coordinates, steps: (P,) where the descent is, and its next steps.
        sweep, cursor: sweeps done, and coordinates done in the current one.
        restarts: how often the steps have started over.
        error: of the fitted windows by finger [rad], for `coordinates`.
        history: error of all fingers before the first and after each sweep [rad].
        evaluations: parameter vectors tried so far.
        finished: no sweep is left, and changes that gain too little are undone.
    """

    coordinates: list[float]
    steps: list[float]
    sweep: int = 0
    cursor: int = 0
    restarts: int = 0
    error: dict[str, float] = field(default_factory=dict)
    history: list[float] = field(default_factory=list)
    evaluations: int = 0
    finished: bool = False


class Descent:
    """Minimises the joints' error after each window, one coordinate after the other.

    Each coordinate is tried a step up and a step down, in parallel worlds; the better is kept if the finger's error
    falls by more than `min_gain`. The step grows on success and shrinks on failure; when all steps are small they begin
    again, `restarts` times. At the end each change is undone whose loss costs less than `min_gain` (paper, C.3).

    Args:
        windows: to fit, by finger.
        actions: (A, 20) all recorded actions.
        parameters: the coordinates; those of fingers without windows stay.
        config: see `DescentConfig`.
        threads: physics threads.
        state_file: where the state is kept; None: nowhere.

    Raises:
        ConfigError: the state file belongs to other data, parameters or settings.
    """

    def __init__(
        self,
        windows: Mapping[str, Windows],
        actions: np.ndarray,
        parameters: tuple[Parameter, ...],
        config: DescentConfig,
        threads: int = 1,
        state_file: Path | None = None,
    ) -> None:
        self.parameters, self._config, self._file = parameters, config, state_file
        self._replays = {
            group: GroupReplay(cut, actions, parameters, 2, threads, config.timestep) for group, cut in windows.items()
        }
        self._order = [i for group in windows for i, p in enumerate(parameters) if p.group == group]
        self._key = _fingerprint(windows, actions, parameters, config)
        self.state = self._load() or DescentState(starts(parameters).tolist(), [p.step for p in parameters])
        self._saved = 0.0

    def run(self, progress: Callable[[Descent], None] | None = None, until: Callable[[], bool] | None = None) -> bool:
        """Goes on to the end, or until `until()`; returns whether it is at the end.

        `progress` is called after each coordinate.
        """
        state = self.state
        try:
            if not state.error:
                self._measure()
                state.history.append(self.error)
            while not state.finished:
                if until is not None and until():
                    return False
                self._step()
                self._save()
                if progress is not None:
                    progress(self)
        finally:
            self._save(now=True)
        return True

    @property
    def error(self) -> float:
        """Root mean square of the fingers' errors [rad]."""
        return float(np.sqrt(np.mean(np.square(list(self.state.error.values())))))

    @property
    def share(self) -> float:
        """How much of the longest possible descent is done, in [0, 1]."""
        state = self.state
        return 1.0 if state.finished else (state.sweep + state.cursor / len(self._order)) / (self._config.sweeps + 1)

    @property
    def changed(self) -> np.ndarray:
        """(P,) bool: parameters that differ from their first values."""
        return np.array(self.state.coordinates) != starts(self.parameters)

    def _step(self) -> None:
        """One coordinate of a sweep, or of the last pass, which undoes changes."""
        state, config = self.state, self._config
        undoing = state.sweep >= config.sweeps
        index = self._order[state.cursor]
        (self._undo if undoing else self._try)(index)
        state.cursor += 1
        if state.cursor < len(self._order):
            return
        state.cursor = 0
        self._measure()
        if undoing:
            state.finished = True
            return
        state.sweep += 1
        state.history.append(self.error)
        if all(state.steps[i] < config.smallest_step * self.parameters[i].step for i in self._order):
            if state.restarts < config.restarts:  # large steps again, out of a valley that is none
                state.steps = [p.step for p in self.parameters]
                state.restarts += 1
            else:
                state.sweep = config.sweeps

    def _try(self, index: int) -> None:
        state, config, parameter = self.state, self._config, self.parameters[index]
        step = state.steps[index]
        if step < config.smallest_step * parameter.step:
            return
        here = state.coordinates[index]
        tried = {float(np.clip(here + sign * step, parameter.lower, parameter.upper)) for sign in (1.0, -1.0)}
        values = sorted(value for value in tried if value != here and self._possible(index, value))
        if not values:
            state.steps[index] *= config.shrink
            return
        candidates = np.tile(state.coordinates, (len(values), 1))
        candidates[:, index] = values
        errors = self._errors(parameter.group, candidates)
        best = int(np.argmin(errors))
        if errors[best] < (1.0 - config.min_gain) * state.error[parameter.group]:
            state.coordinates[index], state.error[parameter.group] = values[best], float(errors[best])
            state.steps[index] *= config.grow
        else:
            state.steps[index] *= config.shrink

    def _undo(self, index: int) -> None:
        state, parameter = self.state, self.parameters[index]
        if state.coordinates[index] == parameter.start:
            return
        candidate = np.array(state.coordinates)[None]
        candidate[0, index] = parameter.start
        error = float(self._errors(parameter.group, candidate)[0])
        if error < state.error[parameter.group] * (1.0 + self._config.min_gain):
            state.coordinates[index], state.error[parameter.group] = parameter.start, error

    def _possible(self, index: int, value: float) -> bool:
        """A joint's lower stop stays below its upper one."""
        parameter = self.parameters[index]
        if parameter.kind not in ("lower", "upper"):
            return True
        other = "upper" if parameter.kind == "lower" else "lower"
        for i, p in enumerate(self.parameters):
            if p.owner == parameter.owner and p.kind == other:
                return (value < self.state.coordinates[i]) == (parameter.kind == "lower")
        return True

    def _measure(self) -> None:
        """Errors of all fingers at the current coordinates."""
        here = np.array(self.state.coordinates)[None]
        self.state.error = {group: float(self._errors(group, here)[0]) for group in self._replays}

    def _errors(self, group: str, coordinates: np.ndarray) -> np.ndarray:
        """Errors (K,) [rad] of a finger for candidates (K, P)."""
        self.state.evaluations += len(coordinates)
        return mean_error(self._replays[group].errors(coordinates), self._config.compare)

    def _load(self) -> DescentState | None:
        if self._file is None or not self._file.is_file():
            return None
        try:
            content = json.loads(self._file.read_text())
            key, state = content["key"], DescentState(**content["state"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{self._file}: no state of a calibration: {error}") from error
        if key != self._key:
            raise ConfigError(f"{self._file} belongs to another recording, or to other settings; give another folder")
        return state

    def _save(self, now: bool = False) -> None:
        """Writes the state; a crash leaves the last one whole."""
        if self._file is None or not (now or time.monotonic() - self._saved > _STATE_PERIOD):
            return
        self._saved = time.monotonic()
        write_whole(self._file, json.dumps({"key": self._key, "state": asdict(self.state)}))


def mean_error(errors: np.ndarray, compare: str) -> np.ndarray:
    """Root mean squares (K,) [rad] of errors (K, W, n, J): at the windows' ends, or along them."""
    chosen = errors[:, :, -1:] if compare == "end" else errors
    return np.sqrt(np.square(chosen).mean(axis=(1, 2, 3)))


def _fingerprint(
    windows: Mapping[str, Windows], actions: np.ndarray, parameters: tuple[Parameter, ...], config: DescentConfig
) -> str:
    settings: dict[str, Any] = {"parameters": [asdict(p) for p in parameters], "config": asdict(config)}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for cut in windows.values():
        for array in (cut.first, cut.position, cut.velocity, cut.path):
            digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(np.ascontiguousarray(actions).tobytes())
    return digest.hexdigest()[:24]
