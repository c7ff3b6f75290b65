"""Frames from a file: a script (YAML) of how markers move and vanish, or a table (CSV) of where they were."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.signals import Markers
from inhand_core.times import NANOSECONDS
from inhand_description import MARKERS

SEEN, LOST = 1.0, -1.0
COLUMNS = ("time", "marker", "x", "y", "z", "condition")


@dataclass(frozen=True)
class MotionConfig:
    """How one marker moves.

    Attributes:
        position: centre (x, y, z) [m, world].
        radius: of a circle about it in the xy plane [m]. hertz: turns a second.
        lost: intervals (from, to) [s] in which it cannot be seen.
    """

    position: tuple[float, float, float]
    radius: float = 0.0
    hertz: float = 1.0
    lost: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class ScriptConfig:
    """A script.

    Attributes:
        rate: frames a second [Hz]. duration: it starts again after this long [s].
        silent: intervals (from, to) [s] without frames.
        markers: motion by marker index; those that are left out stand still in a row, see `row_of_markers`.
    """

    rate: float = 960.0
    duration: float = 10.0
    silent: tuple[tuple[float, float], ...] = ()
    markers: Mapping[int, MotionConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 < self.rate <= 10_000.0:
            raise ConfigError(f"rate must be in (0, 10000] Hz, is {self.rate}")
        if not self.duration * self.rate >= 1.0:
            raise ConfigError(f"duration, {self.duration} s, is shorter than a frame")
        if unknown := [key for key in self.markers if key not in range(len(MARKERS))]:
            raise ConfigError(f"markers: {unknown} are not among 0 … {len(MARKERS) - 1}")


def row_of_markers() -> np.ndarray:
    """(M, 3) [m]: places for markers that a script says nothing of, 20 mm apart along x."""
    return np.stack([0.02 * np.arange(len(MARKERS)), np.zeros(len(MARKERS)), np.full(len(MARKERS), 0.3)], axis=-1)


class ScriptSource:
    """Frames of a script; `frames` yields (time [ns], markers or None where the server is silent), without end."""

    def __init__(self, config: ScriptConfig) -> None:
        self._config = config
        self.rate = config.rate

    def frames(self) -> Iterator[tuple[int, Markers | None]]:
        """Frame n is at n / rate; the script's own time begins again after its duration."""
        number = 0
        while True:
            time_s = number / self._config.rate
            local = time_s % self._config.duration
            silent = _within(local, self._config.silent)
            yield round(time_s * NANOSECONDS), None if silent else self.markers(local)
            number += 1

    def markers(self, time_s: float) -> Markers:
        """Markers (1, M) [m, world] at a time of the script."""
        position, condition = row_of_markers(), np.full(len(MARKERS), SEEN)
        for index, motion in self._config.markers.items():
            angle = 2.0 * np.pi * motion.hertz * time_s
            position[index] = motion.position + motion.radius * np.array([np.cos(angle), np.sin(angle), 0.0])
            condition[index] = LOST if _within(time_s, motion.lost) else SEEN
        return Markers(position[None], condition[None])


class TableSource:
    """Frames of recorded positions, over and over; server time goes on.

    Args:
        times_ns: (n,) of the frames, rising. markers: the frames' markers.
    """

    def __init__(self, times_ns: np.ndarray, markers: list[Markers]) -> None:
        if len(markers) < 2 or (np.diff(times_ns) <= 0).any():
            raise ConfigError("a recording needs two frames or more, with rising times")
        self._times, self._markers = times_ns - times_ns[0], markers
        self._period = int(np.median(np.diff(times_ns)))
        self.rate = NANOSECONDS / self._period

    def frames(self) -> Iterator[tuple[int, Markers | None]]:
        """The recording, and again."""
        start = 0
        while True:
            for time_ns, markers in zip(self._times.tolist(), self._markers):
                yield start + time_ns, markers
            start += int(self._times[-1]) + self._period


def read_script(path: Path) -> ScriptSource | TableSource:
    """The source of a .yaml script or a .csv table (columns time [s], marker, x, y, z [m], condition).

    Raises:
        ConfigError: the file cannot be used; the message names the place.
    """
    if path.suffix == ".csv":
        return _read_table(path)
    raw = read_yaml(path)
    return ScriptSource(load_config(ScriptConfig, raw, path.name))


def _read_table(path: Path) -> TableSource:
    if not path.is_file():
        raise ConfigError(f"{path}: no such file")
    frames: dict[float, Markers] = {}
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if set(COLUMNS) - set(reader.fieldnames or ()):
            raise ConfigError(f"{path.name}: the columns are {reader.fieldnames}, expected {list(COLUMNS)}")
        for row in reader:
            try:
                time_s, marker = float(row["time"]), int(row["marker"])
                numbers = [float(row[name]) for name in ("x", "y", "z", "condition")]
            except (TypeError, ValueError) as error:
                raise ConfigError(f"{path.name}, line {reader.line_num}: {error}") from error
            if marker not in range(len(MARKERS)) or not np.isfinite([time_s, *numbers]).all():
                raise ConfigError(f"{path.name}, line {reader.line_num}: no marker 0 … {len(MARKERS) - 1} with numbers")
            if time_s not in frames:
                frames[time_s] = Markers(row_of_markers()[None], np.full((1, len(MARKERS)), LOST))
            frames[time_s].position[0, marker], frames[time_s].condition[0, marker] = numbers[:3], numbers[3]
    times = np.round(np.array(sorted(frames)) * NANOSECONDS).astype(np.int64)
    return TableSource(times, [frames[key] for key in sorted(frames)])


def _within(time_s: float, intervals: tuple[tuple[float, float], ...]) -> bool:
    return any(start <= time_s < end for start, end in intervals)
