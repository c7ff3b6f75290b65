"""A simulated hand in the robot's place: the exercise run through the graph in one process, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from inhand_calibration.model.parameters import described_backlash
from inhand_calibration.recording import ACTIONS, SENSORS, Recorder, Recording
from inhand_core.graph import InProcessGraph, LinkChains, load_graph
from inhand_core.link import Link
from inhand_core.random import row_seeds
from inhand_core.signals import HandAction, Signal
from inhand_sim.links.actions import Backlash

_START_STATES = {"size": 1, "random_steps": 1, "smoothing": 0.7, "seed": 1}
_ASIDE = np.array([[0.0, 0.0, -2.0]])
"""Where the object is put [m, hand_base]: it falls, out of the hand's way."""


@dataclass(frozen=True, eq=False)
class SimulatedRun:
    """recording as a bag would hold it; angles (S, 24) the true joint angles [rad] at its sensors' times."""

    recording: Recording
    angles: np.ndarray


class _Tap(Link):
    """Passes actions on, and to a function."""

    Config = type(None)

    def __init__(self, seen: Callable[[HandAction], None], seeds: np.ndarray) -> None:
        super().__init__(None, seeds)
        self._seen = seen

    def reset(self, mask: np.ndarray) -> None:
        """Nothing to reset."""

    def apply(self, signal: Signal, dt: float) -> Signal:
        """Shows the signal."""
        self._seen(cast(HandAction, signal))
        return signal


def record_exercise(
    seed: int,
    hall_tables: str = "",
    calibration: str = "",
    exercise: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
) -> SimulatedRun:
    """Runs the exercise on a hand whose sensors and dynamics differ from those described.

    The controller keeps the described tables, as it would before calibration. Where `calibration` gives a backlash, it
    acts between the recorded action and the controller.

    Args:
        seed: of the simulator.
        hall_tables: file of the true Hall tables, in the form of config/hand.yaml; empty: those of that file.
        calibration: file of the true model parameters; empty: the described ones.
        exercise: changes to config/exercise.yaml.
        progress: called with what the exercise is doing, once a simulated second.
    """
    sim = {"hall_tables": hall_tables, "calibration": calibration, "start_states": _START_STATES, "threads": 1}
    overrides = {"sim": sim, "controller": {"auto_enable": True}, "exercise": dict(exercise or {})}
    graph = InProcessGraph(load_graph("calibration"), 1, seed, "none", overrides)
    recorder, angles = Recorder(), []
    world, policy = graph.component("sim"), graph.component("exercise")
    chain: list[Link] = [_Tap(lambda s: recorder.add_signal(ACTIONS, 0, graph.time_ns, s), graph.seeds)]
    if calibration:
        chain.append(_backlash(calibration, seed))
    graph.runners["smoother"].output_links = LinkChains({ACTIONS: chain})

    def observe(topic: str, sequence: int, time_ns: int, signal: Signal) -> None:
        if topic == ACTIONS:
            return  # recorded by the tap, ahead of the backlash
        recorder.add_signal(topic, sequence, time_ns, signal)
        if topic == SENSORS:
            angles.append(world.truth().joint_position[0])

    graph.observers.append(observe)
    world.place_object(np.arange(1), _ASIDE, np.array([[0.0, 0.0, 0.0, 1.0]]))
    while not policy.done.all():
        graph.run(1.0)
        if progress is not None:
            progress(policy.progress())
    return SimulatedRun(recorder.recording(), np.array(angles))


def _backlash(calibration: str, seed: int) -> Link:
    """The paper's backlash with the file's values, the same for ever; the described ones where it has none."""
    link = Backlash(replace(described_backlash(), calibration=calibration), row_seeds(seed, 1))
    link.start()
    return link
