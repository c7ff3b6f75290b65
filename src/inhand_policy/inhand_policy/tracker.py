"""From motion-capture markers to fingertips and object pose in the hand's frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

import inhand_kernels
from inhand_core.component import Component
from inhand_core.config import check_config
from inhand_core.ranges import AT_LEAST_ONE, POSITIVE
from inhand_core.signals import N_FINGERTIPS, Fingertips, ObjectPose
from inhand_core.tracked_body import TrackedBody
from inhand_description.objects import check_object
from inhand_kernels.registration import well_posed_subsets
from inhand_policy.layout import marker_layout
from inhand_policy.ports import TrackerInputs, TrackerOutputs


@dataclass(frozen=True)
class TrackerConfig:
    """Values and texts in config/tracker.yaml."""

    object: str
    publish_every: Annotated[int, AT_LEAST_ONE]
    min_spread_m: Annotated[float, POSITIVE]
    max_residual_m: Annotated[float, POSITIVE]

    def __post_init__(self) -> None:
        check_config(self)
        check_object(self.object)


@dataclass
class TrackerState:
    """hand in world, object in hand_base; tips (B, 5, 3) in hand_base; tip_* (B, 5), age in s; frames so far."""

    hand: TrackedBody
    object: TrackedBody
    tips: np.ndarray
    tip_valid: np.ndarray
    tip_seen: np.ndarray
    tip_age: np.ndarray
    frames: int = 0


class Tracker(Component[TrackerInputs, TrackerOutputs]):
    """Fingertips and object pose in hand_base from markers in world, with validity and age.

    The hand's frame comes from its base markers, the object's from its own, each by rigid registration of those that
    are visible; three that are not on one line suffice. What cannot be seen keeps its last value and grows old.
    """

    Config = TrackerConfig

    def __init__(self, config: TrackerConfig, seeds: np.ndarray) -> None:
        super().__init__(config, seeds)
        self.layout = layout = marker_layout(config.object)
        self._tracker = inhand_kernels.Tracker(
            markers=layout.count,
            first_tip=layout.fingertips.start,
            hand_first=layout.hand.start,
            hand_positions=layout.hand_positions,
            hand_subsets=well_posed_subsets(layout.hand_positions, config.min_spread_m),
            object_first=layout.object.start,
            object_positions=layout.object_positions,
            object_subsets=well_posed_subsets(layout.object_positions, config.min_spread_m),
            max_residual=config.max_residual_m,
        )
        tips = (self.batch, N_FINGERTIPS)
        self.state = TrackerState(
            hand=TrackedBody.unseen(self.batch),
            object=TrackedBody.unseen(self.batch),
            tips=np.zeros((*tips, 3)),
            tip_valid=np.zeros(tips, bool),
            tip_seen=np.zeros(tips, bool),
            tip_age=np.zeros(tips),
        )

    def reset(self, mask: np.ndarray) -> None:
        """Forgets fingertips and object in the rows of `mask` (B,); the hand's base, which stands still, stays."""
        state = self.state
        state.tip_seen = state.tip_seen & ~mask[:, None]
        state.tip_age = np.where(mask[:, None], 0.0, state.tip_age)
        state.object.seen = state.object.seen & ~mask
        state.object.age = np.where(mask, 0.0, state.object.age)

    def step(self, inputs: TrackerInputs, dt: float) -> TrackerOutputs:
        """Follows one frame of markers; `dt` [s] since the last frame."""
        markers = inputs["markers"]
        state = self.state
        self._tracker.step(
            np.ascontiguousarray(markers.position, np.float64),
            np.ascontiguousarray(markers.condition, np.float64),
            dt,
            *state.hand.arrays(),
            *state.object.arrays(),
            state.tips,
            state.tip_valid,
            state.tip_seen,
            state.tip_age,
        )
        publish = state.frames % self.config.publish_every == 0
        state.frames += 1
        return self._outputs() if publish else {}

    def _outputs(self) -> TrackerOutputs:
        state, body = self.state, self.state.object
        return {
            "fingertips": Fingertips(state.tips.copy(), state.tip_valid.copy(), state.tip_age.copy()),
            "object_pose": ObjectPose(
                body.position.copy(), body.orientation.copy(), body.valid.copy(), body.age.copy()
            ),
        }
