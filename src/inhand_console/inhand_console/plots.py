"""Plots that scroll: what the last seconds looked like."""

from __future__ import annotations

import colorsys
from collections import deque
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
        self._seconds, self._width = seconds, len(labels)
        self._points: deque[tuple[float, np.ndarray]] = deque(maxlen=points)
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

    def update(self, values: Sequence[float] | np.ndarray | None, now: float) -> None:
        """Adds a point (n_labels,) at `now` [s] and redraws; without values the plot only scrolls."""
        if values is not None:
            self._points.append((now, np.asarray(values, float)))
        self._plot.data = self._data(now)

    def _data(self, now: float) -> tuple[np.ndarray, ...]:
        kept = [(time - now, values) for time, values in self._points if time >= now - self._seconds]
        if not kept:
            return (np.array([-self._seconds, 0.0]), *(np.full(2, np.nan) for _ in range(self._width)))
        times, values = np.array([t for t, _ in kept]), np.array([v for _, v in kept])
        return (times, *(values[:, i].copy() for i in range(self._width)))
