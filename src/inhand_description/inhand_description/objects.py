"""The objects that are turned: a block with six distinct faces and an octagonal prism."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

GYM = "gymnasium-robotics 1.4.2, envs/assets/hand/manipulate_block.xml"


@dataclass(frozen=True)
class FaceRow:
    """A face: outward normal in the object's frame, colour (r, g, b) in 0 … 1, name."""

    normal: tuple[float, float, float]
    rgb: tuple[float, float, float]
    name: str


@dataclass(frozen=True)
class ObjectRow:
    """An object.

    Attributes:
        name: its name.
        half_size: half extents of its bounding box [m].
        mass: [kg].
        friction: sliding, torsional, rolling coefficients of contact.
        damping: of its six degrees of freedom [N s/m, N m s/rad].
        faces: its faces, all of different colours.
        markers: 8 places of markers in its frame [m].
        source: where size and mass come from.
        marker_source: where the markers' places come from.
    """

    name: str
    half_size: tuple[float, float, float]
    mass: float
    friction: tuple[float, float, float]
    damping: float
    faces: tuple[FaceRow, ...]
    markers: tuple[tuple[float, float, float], ...]
    source: str
    marker_source: str

    @property
    def vertices(self) -> np.ndarray:
        """Corners (n, 3) of its convex hull [m]."""
        if self.name == "block":
            signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
            return signs * np.array(self.half_size)
        return prism_vertices(self.half_size[0], self.half_size[2])

    @property
    def inertia(self) -> tuple[float, float, float]:
        """Moments of inertia (3,) [kg m²] about its axes, solid and of one density."""
        x, y, z = self.half_size
        if self.name == "block":
            return tuple(self.mass / 3.0 * square for square in (y * y + z * z, x * x + z * z, x * x + y * y))
        axial = 0.5 * self.mass * x * x * (1.0 + math.tan(math.pi / 8) ** 2 / 3.0)
        across = 0.5 * axial + self.mass / 3.0 * z * z
        return across, across, axial


def prism_vertices(inradius: float, half_height: float) -> np.ndarray:
    """Corners (16, 3) [m] of an octagonal prism about z whose flat sides lie `inradius` from the axis."""
    radius = inradius / math.cos(math.pi / 8)
    angles = math.pi / 8 + np.arange(8) * math.pi / 4
    ring = np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=-1)
    return np.concatenate([np.c_[ring, np.full(8, z)] for z in (-half_height, half_height)])


_BLOCK_FACES = (
    FaceRow((1.0, 0.0, 0.0), (0.85, 0.10, 0.10), "red"),
    FaceRow((-1.0, 0.0, 0.0), (0.95, 0.50, 0.05), "orange"),
    FaceRow((0.0, 1.0, 0.0), (0.10, 0.60, 0.15), "green"),
    FaceRow((0.0, -1.0, 0.0), (0.10, 0.25, 0.80), "blue"),
    FaceRow((0.0, 0.0, 1.0), (0.95, 0.90, 0.10), "yellow"),
    FaceRow((0.0, 0.0, -1.0), (0.92, 0.92, 0.92), "white"),
)
_PRISM_COLOURS = (
    ((0.85, 0.10, 0.10), "red"),
    ((0.95, 0.50, 0.05), "orange"),
    ((0.95, 0.90, 0.10), "yellow"),
    ((0.10, 0.60, 0.15), "green"),
    ((0.05, 0.70, 0.70), "cyan"),
    ((0.10, 0.25, 0.80), "blue"),
    ((0.50, 0.10, 0.65), "purple"),
    ((0.95, 0.45, 0.70), "pink"),
)
_PRISM_FACES = (
    *(
        FaceRow((math.cos(k * math.pi / 4), math.sin(k * math.pi / 4), 0.0), rgb, name)
        for k, (rgb, name) in enumerate(_PRISM_COLOURS)
    ),
    FaceRow((0.0, 0.0, 1.0), (0.92, 0.92, 0.92), "white"),
    FaceRow((0.0, 0.0, -1.0), (0.25, 0.25, 0.25), "grey"),
)


def _corners(half: float, inset: float) -> tuple[tuple[float, float, float], ...]:
    """The 8 corners of a cube, set in by `inset` on each axis, one a little more so that no symmetry is left."""
    places = [
        (x * (half - inset), y * (half - inset), z * (half - inset)) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)
    ]
    x, y, z = places[-1]
    places[-1] = (x - 0.003, y, z)
    return tuple(places)


def _prism_markers(inradius: float, half_height: float, inset: float) -> tuple[tuple[float, float, float], ...]:
    """Every second corner of either ring, set in towards the centre."""
    corners = prism_vertices(inradius - inset, half_height - inset)
    return tuple(tuple(float(c) for c in corners[i]) for i in (0, 2, 4, 6, 9, 11, 13, 15))


_FRICTION = (1.0, 0.005, 0.0001)
_DAMPING = 0.01
"""As all of gymnasium-robotics' objects, on whose environments the paper's is based (C.1). It hardly slows a fall (of
7 s), but stops tumbling within milliseconds, as soft pads and rolling friction do that rigid contacts lack."""
OBJECTS: dict[str, ObjectRow] = {
    "block": ObjectRow(
        "block",
        (0.025, 0.025, 0.025),
        0.070875,
        _FRICTION,
        _DAMPING,
        _BLOCK_FACES,
        _corners(0.025, 0.001),
        f"{GYM}: half size 25 mm; mass at its density of 567 kg/m³; damping; paper: 5 cm class",
        "invented: an LED in each corner, 1 mm below the surface",
    ),
    "prism": ObjectRow(
        "prism",
        (0.025, 0.025, 0.025),
        0.058715,
        _FRICTION,
        _DAMPING,
        _PRISM_FACES,
        _prism_markers(0.025, 0.025, 0.001),
        "paper 6.2: octagonal prism; invented: 50 mm across flats, 50 mm high, the block's density and damping",
        "invented: an LED in every second corner of either ring",
    ),
}
