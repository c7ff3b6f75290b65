"""Episodes that begin shortly before failures: what a policy does wrong there it meets often enough to mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.random import RowRandom
from inhand_core.ranges import AT_LEAST_ONE, FRACTION, POSITIVE
from inhand_sim.draws import PHYSICS, WorldDraw

EVERY = 4
"""Ticks between the states that are remembered; 0.32 s."""
FEWEST = 32
"""States that there must be before episodes begin from them."""


@dataclass(frozen=True)
class FailureResetConfig:
    """Which episodes begin shortly before a failure.

    Attributes:
        share: of all resets; 0: none does.
        size: states that are kept, the newest.
        before_s: least and greatest time before the failure [s].
    """

    share: Annotated[float, FRACTION]
    size: Annotated[int, AT_LEAST_ONE]
    before_s: Annotated[tuple[float, float], POSITIVE]

    def __post_init__(self) -> None:
        if self.before_s[0] > self.before_s[1]:
            raise ConfigError(f"before_s: least and greatest time in this order, given {list(self.before_s)}")


@dataclass
class FailureState:
    """Everything that changes; H remembered moments of B rows, N kept states.

    Attributes:
        past_qpos: (H, B, nq), past_qvel: (H, B, nv), past_tick: (H, B) tick of each, -1 for none of this episode.
        qpos: (N, nq), qvel: (N, nv), draw: (N rows) of the worlds that they come from.
        began: (B,) bool, rows whose episode began from a kept state.
        kept: how many have ever been kept; the newest N are there.
    """

    past_qpos: np.ndarray
    past_qvel: np.ndarray
    past_tick: np.ndarray
    qpos: np.ndarray
    qvel: np.ndarray
    draw: WorldDraw
    began: np.ndarray
    kept: int = 0


class FailureResets:
    """Remembers where each row was, keeps states from before failures, and hands them out with their worlds.

    Args:
        config: see `FailureResetConfig`.
        qpos: (B, nq) and qvel: (B, nv) of the rows.
        draw: a draw of `config.size` rows, to be written into.
        tick_s: length of a tick [s].
    """

    def __init__(
        self, config: FailureResetConfig, qpos: np.ndarray, qvel: np.ndarray, draw: WorldDraw, tick_s: float
    ) -> None:
        self.config, self._tick_s = config, tick_s
        moments = int(np.ceil(config.before_s[1] / (EVERY * tick_s))) + 1
        self.state = FailureState(
            past_qpos=np.zeros((moments, *qpos.shape)),
            past_qvel=np.zeros((moments, *qvel.shape)),
            past_tick=np.full((moments, len(qpos)), -1, np.int64),
            qpos=np.zeros((config.size, qpos.shape[1])),
            qvel=np.zeros((config.size, qvel.shape[1])),
            draw=draw,
            began=np.zeros(len(qpos), bool),
        )

    def remember(self, tick: int, qpos: np.ndarray, qvel: np.ndarray, still: np.ndarray) -> None:
        """Takes the rows' states at a tick, but of those that are `still` (B,) bool: they have just been reset."""
        state = self.state
        state.past_tick[:, still] = -1
        if tick % EVERY == 0:
            moment = (tick // EVERY) % len(state.past_tick)
            state.past_qpos[moment], state.past_qvel[moment] = qpos, qvel
            state.past_tick[moment] = np.where(still, -1, tick)

    def keep(self, rows: np.ndarray, tick: int, draw: WorldDraw, random: RowRandom) -> None:
        """Keeps a state of each of the rows (n,) that fail at a tick, from as long before as is drawn.

        A row whose episode is not that long keeps none.
        """
        state, (least, most) = self.state, self.config.before_s
        before = least + (most - least) * random.uniform((), rows)
        wanted = tick - np.round(before / self._tick_s)
        ticks = state.past_tick[:, rows]
        distance = np.where(ticks < 0, np.inf, np.abs(ticks - wanted))
        moment = np.argmin(distance, axis=0)
        found = distance[moment, np.arange(len(rows))] <= EVERY
        rows, moment = rows[found], moment[found]
        places = (state.kept + np.arange(len(rows))) % self.config.size
        state.qpos[places] = state.past_qpos[moment, rows]
        state.qvel[places] = state.past_qvel[moment, rows]
        _copy(state.draw, places, draw, rows)
        state.kept += len(rows)

    def choose(self, rows: np.ndarray, random: RowRandom) -> tuple[np.ndarray, np.ndarray]:
        """Those of the rows (n,) that begin from a kept state, and the state's place for each."""
        chosen = random.uniform((), rows) < self.config.share
        there = min(self.state.kept, self.config.size)
        places = (random.uniform((), rows) * max(there, 1)).astype(np.int64)
        if there < min(FEWEST, self.config.size):
            chosen[:] = False
        return rows[chosen], places[chosen]

    def give(self, rows: np.ndarray, places: np.ndarray, draw: WorldDraw) -> tuple[np.ndarray, np.ndarray]:
        """Writes the kept states' worlds into the rows (n,) of a draw; returns qpos (n, nq) and qvel (n, nv)."""
        _copy(draw, rows, self.state.draw, places)
        return self.state.qpos[places], self.state.qvel[places]


def _copy(target: WorldDraw, rows: np.ndarray, source: WorldDraw, places: np.ndarray) -> None:
    """Copies the fields of group physics, which the state belongs to; the others are drawn for each episode."""
    target.put(rows, {name: getattr(source, name)[places] for name in PHYSICS})
