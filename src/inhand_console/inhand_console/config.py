"""Configuration of the page; the values are in config/console.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inhand_console.health import HealthLimits

Vector = tuple[float, float, float]
LEAST_TRIANGLES = 1000
"""With fewer nobody could tell a finger."""


@dataclass(frozen=True)
class SceneConfig:
    """Places [m] and looks of the 3D scene.

    Attributes:
        camera_position, camera_target, camera_fov_deg: in world; where a new visitor looks from, at what, how wide.
        light, ambient: intensity of the surroundings (1 is viser's own), and of light without direction.
        shadows: whether things cast shadows where a GPU draws. viser draws what casts them once more into each of
            three maps.
        drawing: how a page begins: "automatic" draws in full, with light and shadows, for each browser that
            says that it has a GPU, and simply for others; "simple" and "full" are for all. The page's list changes it.
        floor_size, floor_height: edge of the floor's grid, and its height in world [m].
        true_color: of the outline at the simulator's true pose, 0 … 1.
        hand_triangles: of the hand that is drawn simply, about.
        frames: whether the frames' axes are shown at first.
        frame_length: of the axes of frames [m].
    """

    camera_position: Vector
    camera_target: Vector
    camera_fov_deg: float
    light: float
    ambient: float
    shadows: bool
    drawing: Literal["automatic", "simple", "full"]
    floor_size: float
    floor_height: float
    true_color: Vector
    hand_triangles: int
    frames: bool
    frame_length: float

    def __post_init__(self) -> None:
        for name in (
            "camera_fov_deg",
            "floor_size",
            "frame_length",
        ):
            _positive(self, name)
        if self.hand_triangles < LEAST_TRIANGLES:
            raise ValueError(f"hand_triangles must be >= {LEAST_TRIANGLES}, is {self.hand_triangles}")


@dataclass(frozen=True)
class ConsoleConfig:
    """The page.

    Attributes:
        host: address to listen on; on anything but this machine's own the page asks for a token.
        port: first port to try; the next free one is taken.
        scene_hz: updates of the 3D scene [Hz], 1 to 60.
        panel_hz: updates of figures and of the distance to the goal [Hz].
        plots_hz: updates of the plots on their own tab [Hz], which are sent whether that tab is open or not.
        plot_seconds: length of the scrolling plots [s].
        rate_window_s: topic rates are counted over this long [s].
        image_width: of the cameras' images as the browser gets them [px].
        trials_shown: lines of the trial history.
        step_ticks: policy ticks of 80 ms that one press of Step advances.
    """

    host: str
    port: int
    scene_hz: float
    panel_hz: float
    plots_hz: float
    plot_seconds: float
    rate_window_s: float
    image_width: int
    trials_shown: int
    step_ticks: int
    scene: SceneConfig
    health: HealthLimits

    def __post_init__(self) -> None:
        for name in (
            "panel_hz",
            "plots_hz",
            "plot_seconds",
            "rate_window_s",
            "image_width",
            "trials_shown",
            "step_ticks",
        ):
            _positive(self, name)
        if not 1 <= self.scene_hz <= 60:
            raise ValueError(f"scene_hz must be in 1 … 60, is {self.scene_hz}")
        if not 0 < self.port < 65536:
            raise ValueError(f"port must be in 1 … 65535, is {self.port}")


def _positive(config: object, name: str) -> None:
    if not getattr(config, name) > 0:
        raise ValueError(f"{name} must be > 0, is {getattr(config, name)}")
