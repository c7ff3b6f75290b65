"""What the YAML file of an object holds; docs/objects.md explains it to who writes one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.ranges import FRACTION, NOT_NEGATIVE, POSITIVE, Range

Triple = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]
N_MARKERS = 8
"""Markers of every object: what motion capture's frames have room for."""
MAX_FACES = 10
"""Faces whose colours vision training varies."""
NONE = "none"
_UNIT = Range(-1.0, 1.0)


@dataclass(frozen=True)
class FaceRow:
    """A flat coloured tile on the surface.

    Attributes:
        name: its colour's, for people.
        normal: outward, of length 1, in the object's frame.
        rgb: red, green, blue.
        distance: of the tile from the object's origin, along the normal [m].
        tile: half extents of a rectangle [m]; or
        disc: radius of a disc [m].
    """

    name: str
    normal: Annotated[Triple, _UNIT]
    rgb: Annotated[Triple, FRACTION]
    distance: Annotated[float, POSITIVE]
    tile: Annotated[tuple[float, float] | None, POSITIVE] = None
    disc: Annotated[float | None, POSITIVE] = None

    def __post_init__(self) -> None:
        if (self.tile is None) == (self.disc is None):
            raise ConfigError(f"face {self.name!r}: give exactly one of ['disc', 'tile']")
        if abs(float(np.linalg.norm(self.normal)) - 1.0) > 1e-6:
            raise ConfigError(f"face {self.name!r}: normal must have length 1, has {np.linalg.norm(self.normal):.6g}")

    def outline(self, above: float = 0.0) -> np.ndarray:
        """(n, 3) [m] corners, counter-clockwise seen from outside; `above` its surface [m]."""
        outward = np.array(self.normal)
        x = np.cross(outward, np.eye(3)[np.abs(outward).argmin()])
        x /= np.linalg.norm(x)
        y = np.cross(outward, x)
        if self.disc is not None:
            angle = np.arange(16) * np.pi / 8
            places = self.disc * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        else:
            places = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array(self.tile)
        return places @ np.stack([x, y]) + (self.distance + above) * outward


@dataclass(frozen=True)
class PieceRow:
    """A convex piece of the surface that touches the hand; exactly one shape.

    Attributes:
        box: half extents [m].
        cylinder: radius and half height along z [m].
        capsule: radius and half length of its straight part along z [m].
        sphere: radius [m].
        mesh: file of a convex mesh, .obj or .stl, beside the object's; [m].
        position: of its origin in the object's frame [m].
        orientation: quaternion (x, y, z, w) in the object's frame.
    """

    box: Annotated[Triple | None, POSITIVE] = None
    cylinder: Annotated[tuple[float, float] | None, POSITIVE] = None
    capsule: Annotated[tuple[float, float] | None, POSITIVE] = None
    sphere: Annotated[float | None, POSITIVE] = None
    mesh: str | None = None
    position: Triple = (0.0, 0.0, 0.0)
    orientation: Annotated[Quaternion, _UNIT] = (0.0, 0.0, 0.0, 1.0)

    def __post_init__(self) -> None:
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ConfigError(f"a piece has exactly one of {list(_KINDS)}, given {given}")
        if abs(float(np.linalg.norm(self.orientation)) - 1.0) > 1e-6:
            raise ConfigError(f"orientation must have length 1, has {np.linalg.norm(self.orientation):.6g}")

    @property
    def kind(self) -> Literal["box", "cylinder", "capsule", "sphere", "mesh"]:
        """Which of the shapes it is."""
        return next(kind for kind in _KINDS if getattr(self, kind) is not None)

    @property
    def size(self) -> tuple[float, ...]:
        """Its sizes [m], as `kind` names them; () of a mesh."""
        value = getattr(self, self.kind)
        return () if self.mesh is not None else value if isinstance(value, tuple) else (value,)


_KINDS = ("box", "cylinder", "capsule", "sphere", "mesh")


@dataclass(frozen=True)
class StartPose:
    """Where an object begins.

    Attributes:
        position: of its origin, in hand_base [m].
    """

    position: Triple


@dataclass(frozen=True)
class ObjectRow:
    """An object.

    Attributes:
        source: where its numbers come from.
        friction: sliding, torsional [m] and rolling [m] coefficients of contact.
        damping: of its six degrees of freedom [N s/m, N m s/rad].
        markers: 8 places of markers in its frame [m].
        pieces: the convex pieces of its surface; or
        model: an MJCF or URDF file beside the object's, whose one body's geoms are the pieces.
        faces: coloured tiles, each of a colour of its own.
        mesh: file of a closed mesh that is shown in place of the pieces, .obj or .stl; [m].
        rgb: colour of the mesh.
        mass: of the whole [kg]; or
        density: of the pieces, which then do not overlap [kg/m³].
        inertia: moments about its axes through its centre of mass [kg m²]; without them those of the pieces.
        center_of_mass: in its frame [m]; without it that of the pieces, and the origin where `inertia` is given.
        corners: points of its surface that sight looks for [m]; without them those of its hull, or its bounding box's.
        symmetry: rotations that leave its look and its shape as they are: none; C2, C3, … (about z), D2, D3, … (with
            half turns across z), or cube.
        start: where it begins; without it where the block does.
    """

    source: str
    friction: Annotated[Triple, NOT_NEGATIVE]
    markers: tuple[Triple, ...]
    pieces: tuple[PieceRow, ...] = ()
    model: str | None = None
    faces: tuple[FaceRow, ...] = ()
    damping: Annotated[float, NOT_NEGATIVE] = 0.01
    mesh: str | None = None
    rgb: Annotated[Triple, FRACTION] = (0.8, 0.8, 0.8)
    mass: Annotated[float | None, POSITIVE] = None
    density: Annotated[float | None, POSITIVE] = None
    inertia: Annotated[Triple | None, POSITIVE] = None
    center_of_mass: Triple | None = None
    corners: tuple[Triple, ...] = ()
    symmetry: str = NONE
    start: StartPose | None = None


def read_row(path: Path) -> ObjectRow:
    """The file of an object as it is written."""
    return load_config(ObjectRow, read_yaml(path), str(path))
