"""Calibration of the model from a recording: windows, descent, what is held back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inhand_calibration.model.descent import Descent, DescentConfig
from inhand_calibration.model.parameters import all_parameters
from inhand_calibration.model.windows import Windows, cut_windows, split
from inhand_calibration.recording import Recording
from inhand_description.hall import HallTable


@dataclass(frozen=True, eq=False)
class ModelRun:
    """A descent with its windows by finger: fitted, and held back."""

    descent: Descent
    fitted: dict[str, Windows]
    held: dict[str, Windows]


def run_model(
    recording: Recording,
    tables: tuple[HallTable, ...],
    config: DescentConfig,
    *,
    kinds: tuple[str, ...] = (),
    threads: int = 1,
    budget_s: float = 0.0,
    state_file: Path | None = None,
    progress: Callable[[Descent], None] | None = None,
) -> ModelRun:
    """Fits the model's parameters to a recording of the exercise.

    Args:
        recording: sensors and actions.
        tables: Hall tables of that hand.
        config: see `DescentConfig`.
        kinds: kinds of parameters to vary; empty: all.
        threads: physics threads; 0: one a core.
        budget_s: stop after this time [s], to be continued from the state file; 0: go on to the end.
        state_file: where the descent's state is kept.
        progress: called after each coordinate.
    """
    windows = cut_windows(recording, tables, config.window_s, config.stride_s)
    parts = {group: split(cut, config.hold_back) for group, cut in windows.items()}
    fitted = {group: pair[0] for group, pair in parts.items()}
    descent = Descent(fitted, recording.action, all_parameters(kinds), config, threads, state_file)
    end = time.monotonic() + budget_s
    descent.run(progress, (lambda: time.monotonic() >= end) if budget_s else None)
    return ModelRun(descent, fitted, {group: pair[1] for group, pair in parts.items()})
