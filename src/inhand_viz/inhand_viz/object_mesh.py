"""The manipulated object as coloured faces and edges; the same for the page and for RViz."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Face:
    """A flat face: vertices (n, 3) [m] in the object's frame, triangles (m, 3), colour in 0 … 1."""

    vertices: np.ndarray
    triangles: np.ndarray
    color: tuple[float, float, float]


@dataclass(frozen=True)
class ObjectShape:
    """Faces, and edges (e, 2, 3) [m] in the object's frame."""

    faces: tuple[Face, ...]
    edges: np.ndarray


def shape_of(outlines: list[np.ndarray], face_colors: list[tuple[float, float, float]]) -> ObjectShape:
    """A shape of convex polygons, each a (n, 3) outline [m] in order around the face.

    Raises:
        ValueError: not one colour a face.
    """
    if len(outlines) != len(face_colors):
        raise ValueError(f"{len(outlines)} faces need as many colours, found {len(face_colors)}")
    faces, edges = [], []
    for outline, color in zip(outlines, face_colors, strict=True):
        n = len(outline)
        fan = np.array([[0, i, i + 1] for i in range(1, n - 1)])
        faces.append(Face(np.asarray(outline, float), fan, color))
        edges += [(outline[i], outline[(i + 1) % n]) for i in range(n)]
    return ObjectShape(tuple(faces), np.asarray(edges, float))
