"""Plots that scroll: what the last seconds looked like, with the newest values beside the curves' names."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from html import escape

import numpy as np
import viser

SECONDS_LABEL = ({"label": "seconds"}, {})
CURSOR = {"sync": {"key": "inhand"}}
"""A mouse over one plot shows the values of that moment in all of them."""
FEW = 4
"""Curves that the plot's own legend has room for, which shows the values at the cursor."""


def hues(count: int) -> list[str]:
    """`count` colours that can be told apart, as CSS."""
    colors = (colorsys.hls_to_rgb(i / count, 0.6, 0.7) for i in range(count))
    return [f"rgb({round(255 * r)},{round(255 * g)},{round(255 * b)})" for r, g, b in colors]


class History:
    """The last seconds of some values; one that is missing leaves a gap.

    Args:
        count: of values.
        seconds: how far back it goes.
        points: most points a value.
    """

    def __init__(self, count: int, seconds: float, points: int) -> None:
        self._seconds = seconds
        self._points = np.full((1 + count, points), np.nan)  # row 0: when [s]

    @property
    def newest(self) -> np.ndarray:
        """(count,) values added last; NaN before the first."""
        return self._points[1:, -1]

    def add(self, values: Sequence[float] | np.ndarray | None, now: float) -> None:
        """Adds a point (count,) at `now` [s]; None adds nothing."""
        if values is not None:
            self._points = np.roll(self._points, -1, axis=1)
            self._points[:, -1] = (now, *values)

    def data(self, now: float, chosen: Sequence[int] | None = None) -> tuple[np.ndarray, ...]:
        """Seconds before `now` [s], then the values: all, or those of `chosen`."""
        rows = range(len(self._points) - 1) if chosen is None else chosen
        kept = self._points[:, self._points[0] >= now - self._seconds]
        if not kept.size:
            return (np.array([-self._seconds, 0.0]), *np.full((len(rows), 2), np.nan))
        return (kept[0] - now, *(kept[1 + row] for row in rows))


class ScrollingPlot:
    """Curves over the last seconds.

    Args:
        server: of the page.
        title: above the plot.
        labels: one a curve, with its unit.
        seconds: how far back it shows.
        points: most points a curve.
        limits: of the vertical axis; None: as the values are.
    """

    def __init__(
        self,
        server: viser.ViserServer,
        title: str,
        labels: Sequence[str],
        seconds: float,
        points: int,
        limits: tuple[float, float] | None = None,
    ) -> None:
        self._history = History(len(labels), seconds, points)
        self._plot = add_plot(server, title, labels, self._history.data(0.0), seconds, limits)

    @property
    def data(self) -> tuple[np.ndarray, ...]:
        """What was sent last: seconds before now, then a curve each."""
        return self._plot.data

    def update(self, values: Sequence[float] | np.ndarray | None, now: float, shown: bool = True) -> None:
        """Adds a point (n_labels,) at `now` [s] and redraws, if `shown`; without values the plot only scrolls."""
        self._history.add(values, now)
        if shown:
            self._plot.data = self._history.data(now)


def add_plot(
    server: viser.ViserServer,
    title: str,
    labels: Sequence[str],
    data: tuple[np.ndarray, ...],
    seconds: float,
    limits: tuple[float, float] | None,
) -> viser.GuiUplotHandle:
    """A plot of curves over the last seconds, in the container that is open."""
    curves = (
        {"label": name, "stroke": color, "width": 1.5} for name, color in zip(labels, hues(len(labels)), strict=True)
    )
    scales = {"x": {"time": False, "range": (-seconds, 0.0)}}
    if limits is not None:
        scales["y"] = {"range": limits}
    return server.gui.add_uplot(
        data=data,
        series=({"label": "s"}, *curves),
        title=title,
        scales=scales,
        axes=SECONDS_LABEL,
        legend={"show": len(labels) <= FEW},
        cursor=CURSOR,
        aspect=2.0,
    )


def values_table(labels: Sequence[str], values: np.ndarray) -> str:
    """The curves' names in their colours with their newest values (n,), as HTML; "–" where there is none."""
    cells = (
        f'<span style="display:flex;align-items:baseline;gap:0.4em"><i style="width:0.7em;height:0.7em;flex:none;'
        f'border-radius:2px;background:{color}"></i>{escape(name)}<b style="margin-left:auto;'
        f'font-variant-numeric:tabular-nums">{"–" if np.isnan(value) else f"{value:.3g}"}</b></span>'
        for name, color, value in zip(labels, hues(len(labels)), values, strict=True)
    )
    grid = "display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5em,1fr));gap:0.15em 1.4em"
    return f'<div id="inhand-values" style="margin:0 0.75em 0.5em;font-size:0.8em;{grid}">{"".join(cells)}</div>'
