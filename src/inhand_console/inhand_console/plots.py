"""Plots that scroll: what the last seconds looked like."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
import viser

SECONDS_LABEL = ({"label": "seconds"}, {})


def hues(count: int) -> list[str]:
    """`count` colours that can be told apart, as CSS."""
    colors = (colorsys.hls_to_rgb(i / count, 0.6, 0.7) for i in range(count))
    return [f"rgb({round(255 * r)},{round(255 * g)},{round(255 * b)})" for r, g, b in colors]


class ScrollingPlot:
    """Curves over the last seconds; a value that is missing leaves a gap.

    Args:
        server: of the page.
        title: above the plot.
        labels: one a curve, with its unit.
        seconds: how far back it shows.
        points: most points a curve.
        limits: of the vertical axis; None: as the values are.
        legend: name the curves below; for few of them.
    """

    def __init__(
        self,
        server: viser.ViserServer,
        title: str,
        labels: Sequence[str],
        seconds: float,
        points: int,
        limits: tuple[float, float] | None = None,
        legend: bool = True,
    ) -> None:
        self._seconds = seconds
        self._points = np.full((1 + len(labels), points), np.nan)  # row 0: when [s]
        strokes = hues(len(labels))
        curves = ({"label": name, "stroke": color, "width": 1.5} for name, color in zip(labels, strokes, strict=True))
        scales = {"x": {"time": False, "range": (-seconds, 0.0)}}
        if limits is not None:
            scales["y"] = {"range": limits}
        self._plot = server.gui.add_uplot(
            data=self._data(0.0),
            series=({}, *curves),
            title=title,
            scales=scales,
            axes=SECONDS_LABEL,
            legend={"show": legend},
            aspect=2.2,
        )

    @property
    def data(self) -> tuple[np.ndarray, ...]:
        """What was sent last: seconds before now, then a curve each."""
        return self._plot.data

    def update(self, values: Sequence[float] | np.ndarray | None, now: float) -> None:
        """Adds a point (n_labels,) at `now` [s] and redraws; without values the plot only scrolls."""
        if values is not None:
            self._points = np.roll(self._points, -1, axis=1)
            self._points[:, -1] = (now, *values)
        self._plot.data = self._data(now)

    def _data(self, now: float) -> tuple[np.ndarray, ...]:
        kept = self._points[:, self._points[0] >= now - self._seconds]
        if not kept.size:
            return (np.array([-self._seconds, 0.0]), *np.full((len(self._points) - 1, 2), np.nan))
        return (kept[0] - now, *kept[1:])
