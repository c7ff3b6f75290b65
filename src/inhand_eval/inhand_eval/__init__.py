"""Evaluation of trained policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_eval.sight import Sight, SightConfig, open_eyes
    from inhand_eval.summary import bootstrap_interval, summarize
    from inhand_eval.trials import Protocol, TrialResults, run_trials
    from inhand_eval.vision import VisionProtocol, VisionResult, evaluate_recording, evaluate_renders

__all__ = [
    "Protocol",
    "Sight",
    "SightConfig",
    "TrialResults",
    "VisionProtocol",
    "VisionResult",
    "bootstrap_interval",
    "evaluate_recording",
    "evaluate_renders",
    "open_eyes",
    "run_trials",
    "summarize",
]

__getattr__ = lazy_face(__name__)
