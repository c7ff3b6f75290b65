"""Which number of the world decides how a policy fares: drawn parameters against goals, drops and time-outs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.signals import EndReason, TrialState
from inhand_description import ACTUATOR_NAMES
from inhand_eval.studies.runs import STEP_S
from inhand_eval.trials import Protocol, build_graph
from inhand_sim.draws import WorldDraw

OUTCOMES = ("goals_per_second", "dropped", "timed_out")


@dataclass(frozen=True)
class SensitivityConfig:
    """The study.

    Attributes:
        weights: weights file.
        trials: worlds, each with a draw of its own.
        seconds: simulated time after which trials that still run are left alone [s].
        timeout_s: time for a goal [s].
        randomization: groups with physics among them.
        object: its name, or the path of its file.
        locked_wrist: the pitch of the wrist is held.
        seed: of the worlds.
        threads: physics threads; 0: one a core.
    """

    weights: str
    trials: int
    seconds: float
    timeout_s: float
    randomization: str
    object: str
    locked_wrist: bool
    seed: int
    threads: int = 0

    def __post_init__(self) -> None:
        if self.trials < 20:
            raise ConfigError(f"trials must be 20 at least for a correlation, is {self.trials}")
        if not self.seconds >= STEP_S:
            raise ConfigError(f"seconds must be {STEP_S} at least, is {self.seconds:g}")


def sensitivity(config: SensitivityConfig) -> dict[str, Any]:
    """Correlations of every drawn parameter with every outcome, and goals a failure in fifths of each parameter.

    Raises:
        ConfigError: the randomisation leaves the physics alone.
    """
    parameters, outcomes = gather(config)
    drawn = {name: value for name, value in parameters.items() if value.std() > 0.0}
    if not drawn:
        raise ConfigError(f"randomization {config.randomization!r} draws no physics: there is nothing to compare")
    rows = {
        name: {
            **{outcome: correlation(value, outcomes[outcome]) for outcome in OUTCOMES},
            "fifths": fifths(value, outcomes),
        }
        for name, value in drawn.items()
    }
    whole = {name: float(value.sum()) for name, value in outcomes.items() if name != "goals_per_second"}
    return {
        "settings": asdict(config),
        "standard_error": 1.0 / np.sqrt(config.trials),
        "totals": whole,
        "parameters": rows,
    }


def gather(config: SensitivityConfig) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Runs the worlds; parameters by name and outcomes by name, each (trials,), of the first trial of every world."""
    protocol = Protocol(
        weights=config.weights,
        trials=config.trials,
        randomization=config.randomization,
        object=config.object,
        timeout_s=config.timeout_s,
        max_goals=10_000,
        seed=config.seed,
        deterministic=True,
        threads=config.threads,
        locked_wrist=config.locked_wrist,
    )
    graph = build_graph(protocol)
    graph.step()
    sim = graph.component("sim")
    bodies = [sim.model.body(i).name for i in range(sim.model.nbody)]
    joints = [sim.model.joint(int(joint)).name for joint in sim.layout.joints]
    parameters = named(sim.state.draw, bodies, joints)
    goals, steps = np.zeros(config.trials, np.int64), np.zeros(config.trials, np.int64)
    reason, running = np.full(config.trials, -1), np.ones(config.trials, bool)
    while running.any() and steps.max() * STEP_S < config.seconds:
        graph.step()
        trial = graph.latest["trial"]
        first = running & (trial.trial_id == 0)
        goals[first] = trial.goals_achieved[first]
        steps += first & (trial.state == TrialState.RUNNING)
        ended = first & (trial.state == TrialState.ENDED)
        reason[ended] = trial.reason[ended]
        running = first & ~ended
    return parameters, {
        "goals": goals.astype(float),
        "goals_per_second": goals / (np.maximum(steps, 1) * STEP_S),
        "dropped": (reason == EndReason.DROPPED).astype(float),
        "timed_out": (reason == EndReason.TIMEOUT).astype(float),
    }


def named(draw: WorldDraw, bodies: list[str], joints: list[str]) -> dict[str, np.ndarray]:
    """Every number of a draw by a name, (B,); factors as logarithms, so that their halves and doubles weigh alike."""
    found = {"object size": np.log(draw.size)}
    found |= {f"friction of the {name}": np.log(draw.friction[:, i]) for i, name in enumerate(("hand", "object"))}
    found |= {f"mass of {name}": np.log(draw.mass[:, i]) for i, name in enumerate(bodies)}
    found |= {f"damping of {name}": np.log(draw.damping[:, i]) for i, name in enumerate(joints)}
    found |= {f"gain of {name}": np.log(draw.gain[:, i]) for i, name in enumerate(ACTUATOR_NAMES)}
    for side, end in enumerate(("lower", "upper")):
        found |= {f"{end} limit of {name}": draw.limits[:, i, side].copy() for i, name in enumerate(joints)}
    found |= {f"gravity {axis}": draw.gravity[:, i].copy() for i, axis in enumerate("xyz")}
    return found | {"timing": draw.timing_mean.copy(), "chance of forces": draw.force_probability.copy()}


def correlation(x: np.ndarray, y: np.ndarray) -> float:
    """Pearson's coefficient of two (n,); 0 where either is the same everywhere."""
    if not (x.std() > 0.0 and y.std() > 0.0):
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def fifths(x: np.ndarray, outcomes: Mapping[str, np.ndarray]) -> list[dict[str, float]]:
    """Goals, drops and time-outs in the fifths of the worlds ordered by x (n,)."""
    return [
        {
            "from": float(x[part].min()),
            "to": float(x[part].max()),
            **{name: float(outcomes[name][part].sum()) for name in ("goals", "dropped", "timed_out")},
        }
        for part in np.array_split(np.argsort(x, kind="stable"), 5)
    ]


def strongest(study: Mapping[str, Any], most: int) -> list[tuple[str, Mapping[str, Any]]]:
    """The `most` parameters of the largest coefficient with any outcome, the largest first."""

    def largest(row: tuple[str, Mapping[str, Any]]) -> float:
        return max(abs(row[1][outcome]) for outcome in OUTCOMES)

    return sorted(study["parameters"].items(), key=largest, reverse=True)[:most]
