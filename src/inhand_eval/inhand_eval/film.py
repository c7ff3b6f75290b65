"""Pictures of one trial: a film strip (PNG), a film (MP4) or a moving picture (WebP), with the object's goal."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inhand_core import rotations
from inhand_core.graph import InProcessGraph
from inhand_core.signals import TrialState
from inhand_data.videos import check_video, video_writer, write_picture
from inhand_sim.cameras import make_renderer

SUFFIXES = (".png", ".mp4", ".webp")
FRAMES = 12
"""Pictures of a strip."""
CROP = 400
"""Side of the rendered square in the camera's middle [px]."""
RATE = 12.5
"""Steps of the policy, and frames of a film, in a second."""
_WEBP_SIDE, _WEBP_QUALITY = 320, 40
"""Of a moving picture [px]: a minute stays under 2 MB."""
_GOAL_PLACE = np.array([0.0, 0.0, 0.12])
"""Where the goal is shown from where the object starts [m, world]: above it."""


@dataclass
class Film:
    """What one row of a graph went through in its first trial.

    Attributes:
        row: the row.
        qpos: (31,) of each step: joints [rad], object's place [m, world] and orientation (w first).
        goal: (4,) of each step, the goal's orientation (x, y, z, w), hand_base.
        achieved: goals achieved at each step.
    """

    row: int
    qpos: list[np.ndarray] = field(default_factory=list)
    goal: list[np.ndarray] = field(default_factory=list)
    achieved: list[int] = field(default_factory=list)

    def watch(self, graph: InProcessGraph) -> None:
        """Takes a step of the graph down, while the trial runs."""
        trial = graph.latest["trial"]
        if trial.trial_id[self.row] == 0 and trial.state[self.row] == TrialState.RUNNING:
            self.qpos.append(graph.component("sim").qpos(self.row))
            self.goal.append(graph.latest["goal"].orientation[self.row].copy())
            self.achieved.append(int(trial.goals_achieved[self.row]))

    def write(self, path: Path, object: str, renderer: str | None = None) -> None:
        """Renders to `path`: .png, a strip of pictures evenly over the trial; .mp4 or .webp, every step.

        Raises:
            ValueError: another ending.
            RendererError: this machine cannot render.
            OSError: the disk refuses.
        """
        check_path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        steps = range(len(self.qpos))
        if path.suffix == ".png":
            steps = np.unique(np.linspace(0, len(self.qpos) - 1, FRAMES).round().astype(int))
        pictures = _Pictures(object, renderer)
        frames = [pictures.draw(self.qpos[k], self.goal[k], k / RATE, self.achieved[k]) for k in steps]
        if path.suffix == ".png":
            half = (len(frames) + 1) // 2
            rows = [frames[:half], frames[half:] + [np.zeros_like(frames[0])] * (2 * half - len(frames))]
            strip = np.concatenate([np.concatenate(row, axis=1) for row in rows])
            write_picture(path, cv2.resize(strip, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)[..., ::-1])
            return
        if path.suffix == ".webp":
            _write_webp(path, frames)
            return
        film = video_writer(path, RATE, frames[0].shape[:2])
        for frame in frames:
            film.write(frame[..., ::-1])
        film.release()
        check_video(path, len(frames))


def check_path(path: Path) -> None:
    """Raises:
    ValueError: the path has another ending than `SUFFIXES`.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a film ends in one of {list(SUFFIXES)}")


def _write_webp(path: Path, frames: list[np.ndarray]) -> None:
    """A moving picture that repeats for ever, which browsers show like any other."""
    from PIL import Image

    size = (_WEBP_SIDE, _WEBP_SIDE)
    first, *rest = (Image.fromarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA)) for frame in frames)
    form: dict[str, Any] = {"duration": round(1000 / RATE), "loop": 0, "quality": _WEBP_QUALITY, "method": 4}
    first.save(path, save_all=True, append_images=rest, **form)


class _Pictures:
    """Draws hand and object, and in a corner the object as it should be turned."""

    def __init__(self, object: str, renderer: str | None) -> None:
        from inhand_description import HAND_BASE

        self._renderer = make_renderer(renderer, object, crop=CROP)
        self._base = np.array(HAND_BASE.orientation)[None]

    def draw(self, qpos: np.ndarray, goal: np.ndarray, seconds: float, achieved: int) -> np.ndarray:
        """(400, 400, 3) uint8 RGB."""
        image = self._renderer.render(qpos, ("top",))[0]
        wanted = qpos.copy()
        wanted[24:27] += _GOAL_PLACE
        wanted[27:] = rotations.xyzw_to_wxyz(rotations.multiply(self._base, goal[None]))[0]
        ghost = self._renderer.render(wanted, ("top",))[0]
        small = cv2.resize(ghost[100:300, 100:300], (120, 120), interpolation=cv2.INTER_AREA)
        image[-120:, -120:] = small
        text = f"{seconds:.1f} s, {achieved} goals"
        cv2.putText(image, text, (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA)
        return image
