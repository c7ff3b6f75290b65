"""Trials by sight: the same graph, with /object/pose estimated from rendered images instead of tracked markers."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inhand_core.config import ConfigError
from inhand_core.graph import InProcessGraph
from inhand_core.random import row_seeds
from inhand_core.signals import ObjectPose
from inhand_core.tracked_body import TrackedBody
from inhand_eval.trials import Protocol
from inhand_eval.vision import OTHER
from inhand_policy.runner import find_weights
from inhand_sim.cameras import Appearances, make_renderer
from inhand_sim.cameras.appearance import nominal_looks
from inhand_vision.estimator import PoseEstimator, load_estimator
from inhand_vision.images import crop_and_resize, input_matrix
from inhand_vision.rig import base_pose

NAMES = ("top", "left", "right")
_AFTER = ("goal", "policy", "smoother")


@dataclass(frozen=True)
class SightConfig:
    """What the cameras see.

    Attributes:
        renderer: "classic" or "filament".
        looks: every row has looks of its own, cameras included, drawn as in training; else the description's.
        seed: of the looks.
    """

    renderer: str
    looks: bool
    seed: int


class Sight:
    """A step of the training graph in which the object's pose comes from images, at every tick of 80 ms.

    Goals and drops are judged on the estimated pose too, as on the robot. A pose is there at the tick of its images.

    Attributes:
        estimates, invalid: how many were made, and how many of them were not valid.
    """

    def __init__(self, estimator: PoseEstimator, config: SightConfig, batch: int) -> None:
        self._estimator = estimator
        images = estimator.metadata.images
        self._renderer = make_renderer(config.renderer, estimator.metadata.object, crop=images.crop)
        looks = Appearances(row_seeds(config.seed, batch)).draw() if config.looks else None
        self._looks = [nominal_looks() if looks is None else looks.row(row) for row in range(batch)]
        self._base = np.linalg.inv(base_pose())
        self._config = config
        self.begin()

    def begin(self) -> None:
        """Forgets what was seen, before a graph's first step."""
        self._body = TrackedBody.unseen(len(self._looks))
        self.estimates, self.invalid = 0, 0

    def described(self) -> dict[str, Any]:
        """For a JSON of results: where poses come from."""
        training = self._estimator.metadata.training
        return {
            "object_pose": "vision",
            "estimator": {"kind": self._estimator.metadata.kind, "renderer": training.get("renderer")},
            "renderer": self._config.renderer,
            "looks": self._config.looks,
        }

    def step(self, graph: InProcessGraph) -> dict[str, Any]:
        """As `InProcessGraph.step`."""
        produced = graph.run_due(["sim"]) | graph.run_due(["tracker"])
        self._look(graph.component("sim"))
        body = self._body
        graph.publish("object/pose", ObjectPose(body.position, body.orientation, body.valid, body.age))
        produced |= graph.run_due(_AFTER)
        graph.advance()
        return produced

    def save(self) -> Any:
        """The last poses and the counts."""
        return copy.deepcopy(self._body), self.estimates, self.invalid

    def restore(self, saved: Any) -> None:
        """Goes back to what `save` returned."""
        body, self.estimates, self.invalid = saved
        self._body = copy.deepcopy(body)

    def close(self) -> None:
        """Frees the renderer."""
        self._renderer.close()

    def _look(self, sim: Any) -> None:
        """Renders and estimates each row but those whose trial is over."""
        images = self._estimator.metadata.images
        qpos, scales = sim.worlds.bind("qpos"), sim.state.draw.size
        position, orientation = np.zeros((len(self._looks), 3)), np.tile([0.0, 0.0, 0.0, 1.0], (len(self._looks), 1))
        valid = np.zeros(len(self._looks), bool)
        for row in np.flatnonzero(~sim.asleep):
            looks = self._looks[row]
            self._renderer.set_looks(looks)
            frames = self._renderer.render(qpos[row], NAMES, object_scale=float(scales[row]))
            cameras = [self._renderer.camera(name) for name in NAMES]
            seen = np.stack([crop_and_resize(frame, images) for frame in frames])
            matrix = np.stack([input_matrix(camera.k, self._renderer.size, images) for camera in cameras])
            pose = np.stack([self._base @ camera.pose for camera in cameras])
            found = self._estimator.estimate(seen[None], matrix[None], pose[None], np.ones((1, len(NAMES)), bool))
            position[row], orientation[row], valid[row] = found.position[0], found.orientation[0], found.valid[0]
            self.estimates += 1
            self.invalid += not valid[row]
        self._body.update(position, orientation, valid, 0.08)


def open_eyes(protocol: Protocol, weights: Path, renderer: str | None, looks: bool) -> Sight:
    """What trials of a protocol are seen with.

    Args:
        protocol: of the trials.
        weights: of the pose estimator.
        renderer: of the cameras; None: the one that the estimator has not been trained with.
        looks: every row has looks of its own.

    Raises:
        ConfigError: the estimator is one of another object, or the profile has no step of 80 ms.
    """
    estimator = load_estimator(find_weights(str(weights)))
    if estimator.metadata.object != protocol.object:
        raise ConfigError(
            f"{weights}: an estimator of the {estimator.metadata.object}; the object is {protocol.object}"
        )
    if protocol.profile != "training":
        raise ConfigError("object_pose vision: trials by sight are run in the profile training, by steps of 80 ms")
    chosen = renderer or OTHER[estimator.metadata.training.get("renderer", "classic")]
    return Sight(estimator, SightConfig(chosen, looks, protocol.seed), protocol.trials)
