"""What the overlay says at one moment: the controller's mode in words, what to press, how far the goal is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inhand_console.commands import Outcome
from inhand_console.health import Finding, Level
from inhand_console.html import MODE_COLORS, PAUSED, UNKNOWN, overload
from inhand_console.snapshot import Snapshot
from inhand_core import rotations
from inhand_core.signals import Trial, TrialState
from inhand_description import HAND_BASE
from inhand_viz.object_mesh import ObjectShape

ON_FACE = 1e-9
"""Corners within this distance [m] of a face's plane belong to it."""
MODE_HINTS = {
    "DISABLED": "press Enable when the hand may move",
    "STOPPED": "press Clear the stop, then Enable",
    "HOLD": "no new actions: press Start trial, or see Health",
    "ZERO_TORQUE": "no sensors arrive: see Health",
    "SOFT_START": "takes hold gently",
}
OUTCOME_S = 8.0
"""How long the end of a press is shown [s]."""


def state(
    snapshot: Snapshot,
    findings: Sequence[Finding],
    distance: float | None,
    tolerance: float,
    outcome: Outcome | None,
) -> dict[str, object]:
    """The overlay's state as JSON: see web/page.js and web/goal.js, which show it.

    `distance` and `tolerance` [rad]; `goal` is (x, y, z, w) of the goal's orientation in the world, as the scene is.
    """
    mode = snapshot.controller.mode if snapshot.controller is not None else "NO CONTROLLER"
    paused = snapshot.simulator is not None and snapshot.simulator.paused
    words, color = mode.replace("_", " "), MODE_COLORS.get(mode, UNKNOWN)
    if paused and mode != "STOPPED":
        words, color = "PAUSED", PAUSED
    if snapshot.replayed is not None:
        words, color = f"REPLAY · {words}", PAUSED
    said, bad = _hint(snapshot, mode, paused, outcome)
    return {
        "words": words,
        "color": color,
        "replay": snapshot.replayed is not None,
        "hint": said,
        "bad": bad,
        "alarms": sum(finding.level == Level.ERROR for finding in findings),
        "goal": _goal_in_world(snapshot),
        "distance": distance,
        "tolerance": tolerance,
    }


def _hint(snapshot: Snapshot, mode: str, paused: bool, outcome: Outcome | None) -> tuple[str, bool]:
    """What to say beside the mode, and whether it is bad news."""
    if outcome is not None and not outcome.success:
        return f"could not {outcome.command.value}: {outcome.message}", True
    if outcome is not None:
        return f"{outcome.command.value}: done", False
    if snapshot.replayed is not None:
        return f"{snapshot.replayed:.1f} s into a recording: nothing here moves a hand", False
    if slow := overload(snapshot.graph.reports.get("monitor")):
        return slow, False
    if paused and mode != "STOPPED":
        return "the simulation stands still: press Resume", False
    return MODE_HINTS.get(mode) or _progress(snapshot.trial), False


def _progress(trial: Trial | None) -> str:
    if trial is None or int(trial.state[0]) != TrialState.RUNNING:
        return "no trial runs: press Start trial"
    goals = int(trial.goals_achieved[0])
    return f"trial {int(trial.trial_id[0])} · {goals} {'goal' if goals == 1 else 'goals'} achieved · Space or Esc stops"


def _goal_in_world(snapshot: Snapshot) -> list[float] | None:
    if snapshot.goal is None or not np.isfinite(snapshot.goal.orientation).all():
        return None
    return rotations.multiply(np.array(HAND_BASE.orientation), snapshot.goal.orientation[0]).round(5).tolist()


def object_faces(shape: ObjectShape) -> dict[str, object]:
    """An object as JSON for web/goal.js: triangles [m] of each colour (0 … 255), edges with the normals beside them."""
    planes = [_plane(face.vertices[face.triangles[0]]) for face in shape.faces if len(face.triangles)]
    edges = []
    for edge in shape.edges:
        normals = [n.tolist() for n, height in planes if (np.abs(edge @ n - height) < ON_FACE).all()]
        edges.append([*edge.tolist(), normals])
    radius = max((float(np.linalg.norm(face.vertices, axis=1).max()) for face in shape.faces), default=1.0)
    faces = [
        {
            "color": [round(255 * part) for part in face.color],
            "triangles": face.vertices[face.triangles].round(6).tolist(),
        }
        for face in shape.faces
    ]
    return {"faces": faces, "edges": edges, "radius": radius}


def _plane(corners: np.ndarray) -> tuple[np.ndarray, float]:
    """Unit normal and height of the plane through corners (3, 3) [m]."""
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    normal = normal / max(float(np.linalg.norm(normal)), 1e-12)
    return normal, float(normal @ corners[0])
