"""The calibration board: a ChArUco pattern with motion-capture markers on it.

Board frame: origin in the first square's outer corner, x along the longer edge, y along the shorter one, z into the
board, away from who looks at it (OpenCV's).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np

from inhand_calibration.cameras.charuco import CharucoBoard
from inhand_core.config import ConfigError

PREFIX = "DICT_"
INCH = 0.0254


@dataclass(frozen=True)
class LedRow:
    """A motion-capture marker on the board: id, position (3,) [m, board]."""

    id: int
    position: tuple[float, float, float]


@dataclass(frozen=True)
class BoardConfig:
    """The board. Values and texts in config/camera_calibration.yaml, section board."""

    columns: int
    rows: int
    square: float
    marker: float
    dictionary: str
    leds: tuple[LedRow, ...]

    def __post_init__(self) -> None:
        if self.columns < 3 or self.rows < 3 or not 0.0 < self.marker < self.square:
            raise ConfigError("need columns >= 3, rows >= 3 and 0 < marker < square")
        known = sorted(name for name in dir(cv2.aruco) if name.startswith(PREFIX))
        if self.dictionary not in known:
            raise ConfigError(f"dictionary {self.dictionary!r} is not one of {known}")


@dataclass(frozen=True, eq=False)
class Detection:
    """Corners seen in an image: ids (N,), pixels (N, 2)."""

    ids: np.ndarray
    pixels: np.ndarray


class Board:
    """Finds the board in images, and draws it."""

    def __init__(self, config: BoardConfig) -> None:
        self.config = config
        self._board = CharucoBoard(config.columns, config.rows, config.square, config.marker, config.dictionary)
        self.corners = self._board.corners
        """(C, 3) inner corners [m, board], by id."""
        self.leds = np.array([row.position for row in config.leds], float).reshape(-1, 3)
        """(L, 3) motion-capture markers [m, board]."""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the pattern [m]."""
        return self.config.columns * self.config.square, self.config.rows * self.config.square

    def detect(self, image: np.ndarray) -> Detection | None:
        """The board's corners in an image (H, W, 3) uint8 RGB or (H, W); None where there is no board."""
        gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        ids, pixels = self._board.detect(gray)
        return Detection(ids, pixels) if len(ids) else None

    def draw(self, pixels_per_square: int, margin: int = 0) -> np.ndarray:
        """The pattern (H, W) uint8, with a white margin [px]."""
        size = (self.config.columns * pixels_per_square + 2 * margin, self.config.rows * pixels_per_square + 2 * margin)
        return self._board.draw(size, margin)

    def rectangles(self) -> list[tuple[float, float, float]]:
        """The black squares of the pattern, the markers' modules among them: left, top and edge [m]."""
        config = self.config
        found = [
            (column * config.square, row * config.square, config.square)
            for row in range(config.rows)
            for column in range(config.columns)
            if (row + column) % 2 == 0
        ]
        for number, corners in self._board.markers:
            (left, top), black = corners[0, :2], self._board.modules(number)
            module = config.marker / len(black)
            found += [(left + x * module, top + y * module, module) for y, x in np.argwhere(black)]
        return found

    def svg(self) -> str:
        """The pattern as SVG in true size."""
        unit = 1e3
        width, height = (unit * edge for edge in self.size)
        shapes = "\n".join(
            f'<rect x="{unit * x:.4f}" y="{unit * y:.4f}" width="{unit * edge:.4f}" height="{unit * edge:.4f}"/>'
            for x, y, edge in self.rectangles()
        )
        size = f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size} shape-rendering="crispEdges">\n{shapes}\n</svg>\n'

    def pdf(self) -> bytes:
        """The pattern as a PDF of one page of its true size."""
        from matplotlib.figure import Figure
        from matplotlib.patches import Rectangle

        width, height = self.size
        figure = Figure(figsize=(width / INCH, height / INCH))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set(xlim=(0.0, width), ylim=(height, 0.0))
        axes.set_axis_off()
        for x, y, edge in self.rectangles():
            axes.add_patch(Rectangle((x, y), edge, edge, facecolor="black", edgecolor="none", antialiased=False))
        page = io.BytesIO()
        figure.savefig(page, format="pdf")
        return page.getvalue()
