"""A picture of an evaluation: histograms of errors, and images with the estimated edges of the object over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from inhand_description.objects import OBJECTS
from inhand_eval.vision import VisionResult
from inhand_vision.geometry import corners_at, project

EXAMPLES = 4
LIMITS = {"rotation": 15.0, "position": 20.0}  # deg, mm: ends of the histograms


def edges(vertices: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of corners (n, 3) that an edge of their convex hull joins.

    Two corners share an edge where a plane touches the hull in their segment alone: its direction is looked for among
    those from the centre through points near the segment's middle.
    """
    middle = vertices - vertices.mean(0)
    found = []
    for a in range(len(middle)):
        for b in range(a):
            normal = middle[a] + middle[b]
            length = np.linalg.norm(normal)
            if length < 1e-9:
                continue
            heights = middle @ (normal / length)
            others = np.delete(heights, [a, b])
            level = abs(heights[a] - heights[b]) < 1e-9
            if level and (others < heights[a] - 1e-6).all():
                found.append((b, a))
    return found


def plot(results: list[VisionResult], object: str, path: Path) -> None:
    """Writes the picture as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.2 * (2 + EXAMPLES), 3.2 * len(results)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(results), 2 + EXAMPLES, squeeze=False)
    for row, result in zip(axes, results, strict=True):
        for axis, kind, unit in ((row[0], "rotation", "deg"), (row[1], "position", "mm")):
            _histogram(axis, getattr(result.errors, kind), kind, unit)
        row[0].set_title(f"{result.row} ({result.source}, n = {len(result.samples)})", loc="left")
        order = np.argsort(result.errors.rotation)
        picks = order[np.linspace(0, len(order) - 1, EXAMPLES).astype(int)]
        for axis, index in zip(row[2:], picks, strict=True):
            _example(axis, result, int(index), object)
    figure.savefig(path, dpi=80)


def _histogram(axis: Any, values: np.ndarray, kind: str, unit: str) -> None:
    limit = LIMITS[kind]
    axis.hist(np.minimum(values, limit), bins=40, range=(0.0, limit), color="tab:blue")
    axis.axvline(float(np.median(values)), color="tab:red", label=f"median {np.median(values):.2f} {unit}")
    axis.set_xlabel(f"{kind} error [{unit}], larger ones at the end")
    axis.legend()


def _example(axis: Any, result: VisionResult, index: int, object: str) -> None:
    """One camera's image with the edges as they are (white) and as they are estimated (red)."""
    samples, vertices = result.samples, OBJECTS[object].vertices
    camera = index % samples.images.shape[1]
    axis.imshow(samples.images[index, camera])
    truth = samples.position[index], samples.orientation[index]
    estimated = result.estimate.position[index], result.estimate.orientation[index]
    for (position, orientation), color in ((truth, "white"), (estimated, "red")):
        points = corners_at(vertices, position[None], orientation[None])
        matrix, pose = samples.camera_matrix[index, camera], samples.camera_pose[index, camera]
        pixels = project(points, matrix[None, None].astype(float), pose[None, None].astype(float))[0, 0]
        for a, b in edges(vertices):
            axis.plot(*pixels[[a, b]].T, color=color, linewidth=1.0)
    size = samples.images.shape[2]
    axis.set(xlim=(0, size), ylim=(size, 0), xticks=[], yticks=[])
    axis.set_title(f"{result.errors.rotation[index]:.1f} deg, {result.errors.position[index]:.1f} mm")
