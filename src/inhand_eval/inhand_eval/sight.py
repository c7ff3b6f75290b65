"""Trials by sight: the same graph, with /object/pose estimated from rendered images instead of tracked markers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inhand_core.graph import InProcessGraph
from inhand_core.random import row_seeds
from inhand_core.signals import ObjectPose
from inhand_policy.tracker import TrackedBody
from inhand_sim.cameras import Appearances, make_renderer
from inhand_sim.cameras.appearance import nominal_looks
from inhand_vision.estimator import PoseEstimator
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
        self._body = TrackedBody.unseen(batch)
        self._base = np.linalg.inv(base_pose())
        self.estimates, self.invalid = 0, 0

    def step(self, graph: InProcessGraph) -> dict[str, Any]:
        """As `InProcessGraph.step`."""
        produced = graph.run_due(["sim"]) | graph.run_due(["tracker"])
        self._look(graph.component("sim"))
        body = self._body
        graph.publish("object/pose", ObjectPose(body.position, body.orientation, body.valid, body.age))
        produced |= graph.run_due(_AFTER)
        graph.advance()
        return produced

    def close(self) -> None:
        """Frees the renderer."""
        self._renderer.close()

    def _look(self, sim: Any) -> None:
        """Renders and estimates each row."""
        images = self._estimator.metadata.images
        qpos, scales = sim.worlds.bind("qpos"), sim.state.draw.size
        position, orientation, valid = [], [], []
        for row, looks in enumerate(self._looks):
            self._renderer.set_looks(looks)
            frames = self._renderer.render(qpos[row], NAMES, object_scale=float(scales[row]))
            cameras = [self._renderer.camera(name) for name in NAMES]
            seen = np.stack([crop_and_resize(frame, images) for frame in frames])
            matrix = np.stack([input_matrix(camera.k, self._renderer.size, images) for camera in cameras])
            pose = np.stack([self._base @ camera.pose for camera in cameras])
            found = self._estimator.estimate(seen[None], matrix[None], pose[None], np.ones((1, len(NAMES)), bool))
            position.append(found.position[0])
            orientation.append(found.orientation[0])
            valid.append(found.valid[0])
        self._body.update(np.stack(position), np.stack(orientation), np.array(valid), 0.08)
        self.estimates += len(valid)
        self.invalid += valid.count(False)
