"""An object as the models use it: its file checked, its files found, its mass, inertia and corners worked out."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace
from pathlib import Path

import mujoco
import numpy as np

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_description.object_file import MAX_FACES, N_MARKERS, NONE, FaceRow, ObjectRow, PieceRow, Triple, read_row

_MAX_CORNERS = 32
"""Corners of a hull that sight may look for one by one."""
_LEAST_SPREAD = 0.005
"""Markers nearer to one line than this [m, root mean square] fix no rotation; as config/tracker.yaml."""
GEOMS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "mesh": mujoco.mjtGeom.mjGEOM_MESH,
}


@dataclass(frozen=True)
class Thing:
    """An object.

    Attributes:
        name: its file's, without the ending.
        row: what the file says; pieces are those of its `model` where it names one.
        folder: of its file, from which its meshes are named.
        mass: [kg].
        inertia: (3,) [kg m²] about axes `inertia_orientation` (w first) through `center_of_mass` [m].
        vertices: (n, 3) [m] points of its surface, see `ObjectRow.corners`.
    """

    name: str
    row: ObjectRow
    folder: Path
    mass: float
    inertia: Triple
    center_of_mass: Triple
    inertia_orientation: tuple[float, float, float, float]
    vertices: np.ndarray

    @property
    def pieces(self) -> tuple[PieceRow, ...]:
        """The convex pieces of its surface."""
        return self.row.pieces

    @property
    def faces(self) -> tuple[FaceRow, ...]:
        """Its coloured tiles."""
        return self.row.faces

    @property
    def markers(self) -> tuple[Triple, ...]:
        """Places of its markers [m]."""
        return self.row.markers

    @property
    def friction(self) -> Triple:
        """Sliding, torsional, rolling."""
        return self.row.friction

    @property
    def damping(self) -> float:
        """Of its six degrees of freedom."""
        return self.row.damping

    @property
    def half_size(self) -> Triple:
        """Half extents of its bounding box [m]."""
        x, y, z = (0.5 * np.ptp(self.vertices, axis=0)).tolist()
        return x, y, z

    def file(self, name: str) -> str:
        """Path of a mesh that the object's file names."""
        return str((self.folder / name).resolve())


@functools.lru_cache(maxsize=64)
def load_thing(path: str, changed_ns: int) -> Thing:
    """Reads and checks the file of an object, once for each version of it."""
    where, folder = Path(path), Path(path).parent
    row = read_row(where)
    if (row.model is None) == (not row.pieces):
        raise ConfigError(f"{where}: give exactly one of ['model', 'pieces']")
    if row.model is not None:
        row = replace(row, pieces=_pieces_of(folder / row.model))
    check_row(row, folder, path)
    mass, inertia, center, turn = _mass_properties(row, folder, path)
    return Thing(where.stem, row, folder, mass, inertia, center, turn, _corners(row, folder))


def check_row(row: ObjectRow, folder: Path, where: str) -> None:
    """Raises:
    ConfigError: what no object can be, naming the file, the key and what would do.
    """
    if row.mass is not None and row.density is not None:
        raise ConfigError(f"{where}: give one of ['density', 'mass'], not both")
    if row.mass is None and row.density is None:
        raise ConfigError(f"{where}: give one of ['density', 'mass']")
    if row.inertia is not None and row.mass is None:
        raise ConfigError(f"{where}: inertia goes with mass, not with density")
    if not re.fullmatch(r"none|cube|[CD]([2-9]|[1-9]\d+)", row.symmetry):
        raise ConfigError(f"{where}: unknown symmetry {row.symmetry!r}; known ['none', 'C<n>', 'D<n>', 'cube'], n >= 2")
    if len(row.markers) != N_MARKERS:
        raise ConfigError(f"{where}: markers: expected {N_MARKERS} places, found {len(row.markers)}")
    away = np.array(row.markers) - np.mean(row.markers, axis=0)
    spread = np.linalg.svd(away, compute_uv=False)[1] / np.sqrt(N_MARKERS)
    if spread < _LEAST_SPREAD:
        raise ConfigError(
            f"{where}: markers lie on a line within {1e3 * spread:.1f} mm: they fix no rotation; at least "
            f"{1e3 * _LEAST_SPREAD:g} mm off it, root mean square"
        )
    if len(row.faces) > MAX_FACES or len({face.name for face in row.faces}) < len(row.faces):
        raise ConfigError(f"{where}: faces: at most {MAX_FACES}, each with a name of its own")
    for name in [row.mesh, *(piece.mesh for piece in row.pieces)]:
        if name is not None:
            _check_mesh(folder / name, where)
    x, y, z = row.inertia or (1.0, 1.0, 1.0)
    if max(x, y, z) > (x + y + z) / 2.0 * (1.0 + 1e-9):
        raise ConfigError(f"{where}: inertia {list(row.inertia or ())}: none may exceed the sum of the other two")


def _check_mesh(path: Path, where: str) -> None:
    if not path.is_file():
        raise ConfigError(f"{where}: no mesh {path}")
    if path.suffix.lower() not in (".obj", ".stl"):
        raise ConfigError(f"{where}: mesh {path.name}: expected .obj or .stl")
    if not _read_mesh(path).is_watertight:
        raise ConfigError(f"{where}: mesh {path.name} is not closed: an edge belongs to one triangle only")


def _read_mesh(path: Path):
    import trimesh

    return trimesh.load_mesh(path)


def add_pieces(
    body: mujoco.MjsBody, spec: mujoco.MjSpec, thing: Thing | ObjectRow, folder: Path
) -> list[mujoco.MjsGeom]:
    """Adds a geom for each piece, named "object", "object_1", …."""
    geoms = []
    for index, piece in enumerate(thing.pieces):
        name = "object" if index == 0 else f"object_{index}"
        geom = body.add_geom(name=name, type=GEOMS[piece.kind])
        x, y, z, w = piece.orientation
        geom.pos, geom.quat = piece.position, [w, x, y, z]
        if piece.mesh is not None:
            spec.add_mesh(name=name, file=str((folder / piece.mesh).resolve()))
            geom.meshname = name
        else:
            geom.size[: len(piece.size)] = piece.size
        geoms.append(geom)
    return geoms


def _mass_properties(
    row: ObjectRow, folder: Path, where: str
) -> tuple[float, Triple, Triple, tuple[float, float, float, float]]:
    """Mass, inertia, centre of mass and the inertia's axes; what the file leaves out, from the pieces."""
    if row.mass is not None and row.inertia is not None:
        return row.mass, row.inertia, row.center_of_mass or (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
    spec = mujoco.MjSpec()
    body = spec.worldbody.add_body(name="object")
    for geom in add_pieces(body, spec, row, folder):
        geom.density = row.density or 1000.0
    try:
        model = spec.compile()
    except ValueError as error:
        raise ConfigError(f"{where}: MuJoCo takes no such pieces: {error}") from error
    share = 1.0 if row.mass is None else row.mass / float(model.body_mass[1])
    center = row.center_of_mass or tuple(model.body_ipos[1].tolist())
    inertia = tuple((share * model.body_inertia[1]).tolist())
    return share * float(model.body_mass[1]), inertia, center, tuple(model.body_iquat[1].tolist())


def _corners(row: ObjectRow, folder: Path) -> np.ndarray:
    if row.corners:
        return np.array(row.corners, float)
    points = np.concatenate([_points(piece, folder) for piece in row.pieces])
    if len(points) <= _MAX_CORNERS:
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    return np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


def _points(piece: PieceRow, folder: Path) -> np.ndarray:
    """Points (n, 3) [m] that span the piece: its corners, or enough of a round one to give its extent."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    if piece.mesh is not None:
        local = np.asarray(_read_mesh(folder / piece.mesh).convex_hull.vertices)
    elif piece.box is not None:
        local = signs * np.array(piece.box)
    else:
        radius, half = (piece.size[0], 0.0) if piece.sphere is not None else piece.size
        angle = np.arange(16) * np.pi / 8
        ring = radius * np.stack([np.cos(angle), np.sin(angle), np.zeros(16)], axis=-1)
        top = np.array([0.0, 0.0, half])
        cap = 0.0 if piece.cylinder is not None else radius
        poles = np.array([[0.0, 0.0, half + cap], [0.0, 0.0, -half - cap]])
        local = np.concatenate([ring + top, ring - top, poles])
    return _placed(local, piece)


def _placed(points: np.ndarray, piece: PieceRow) -> np.ndarray:
    """Points (n, 3) of a piece in the object's frame [m]."""
    if piece.orientation == (0.0, 0.0, 0.0, 1.0) and piece.position == (0.0, 0.0, 0.0):
        return points
    x, y, z, w = piece.orientation
    matrix = np.zeros(9)
    mujoco.mju_quat2Mat(matrix, np.array([w, x, y, z]))
    return points @ matrix.reshape(3, 3).T + np.array(piece.position)


def surfaces(thing: Thing) -> list[tuple[np.ndarray, np.ndarray]]:
    """What is to be shown of an object, as (vertices (n, 3) [m], triangles (m, 3)): its mesh, else its pieces."""
    import trimesh

    if thing.row.mesh is not None:
        mesh = _read_mesh(Path(thing.file(thing.row.mesh)))
        return [(np.asarray(mesh.vertices), np.asarray(mesh.faces))]
    make = trimesh.creation
    found = []
    for piece in thing.pieces:
        size = piece.size
        if piece.mesh is not None:
            mesh = _read_mesh(thing.folder / piece.mesh)
        elif piece.box is not None:
            mesh = make.box(2.0 * np.array(piece.box))
        elif piece.sphere is not None:
            mesh = make.icosphere(subdivisions=2, radius=size[0])
        elif piece.cylinder is not None:
            mesh = make.cylinder(size[0], 2.0 * size[1], sections=24)
        else:
            mesh = make.capsule(2.0 * size[1], size[0], count=(12, 24))
        found.append((_placed(np.asarray(mesh.vertices), piece), np.asarray(mesh.faces)))
    return found


def _pieces_of(path: Path) -> tuple[PieceRow, ...]:
    """The geoms of the one body of an MJCF or URDF file."""
    if not path.is_file():
        raise ConfigError(f"no file {path}")
    try:
        spec = mujoco.MjSpec.from_file(str(path))
    except ValueError as error:
        raise ConfigError(f"{path}: MuJoCo cannot read it: {error}") from error
    bodies = [body for body in (spec.worldbody, *spec.bodies) if list(body.geoms)]
    if len(bodies) != 1:
        raise ConfigError(f"{path}: expected one body with geoms, found {len(bodies)}")
    files = {mesh.name: path.parent / (spec.meshdir or "") / mesh.file for mesh in spec.meshes}
    kinds = {value: kind for kind, value in GEOMS.items()}
    pieces = []
    for geom in bodies[0].geoms:
        if geom.type not in kinds:
            raise ConfigError(f"{path}: geom {geom.name!r}: a piece is one of {list(GEOMS)}")
        kind, (w, x, y, z) = kinds[geom.type], geom.quat.tolist()
        size = geom.size.tolist()
        shape = {"box": tuple(size), "sphere": size[0], "mesh": str(files.get(geom.meshname))}.get(
            kind, tuple(size[:2])
        )
        pieces.append(PieceRow(**{kind: shape}, position=tuple(geom.pos.tolist()), orientation=(x, y, z, w)))
    return tuple(pieces)


def symmetries(name: str) -> np.ndarray:
    """Rotations (k, 4) quaternions (x, y, z, w) of a symmetry group, the identity first."""
    found = np.array([[0.0, 0.0, 0.0, 1.0]])
    if name == NONE:
        return found
    half = np.sqrt(0.5)
    if name == "cube":
        generators = np.array([[half, 0.0, 0.0, half], [0.0, 0.0, half, half]])
    else:
        angle = np.pi / int(name[1:])
        generators = np.array([[0.0, 0.0, np.sin(angle), np.cos(angle)], [1.0, 0.0, 0.0, 0.0]][: 1 + (name[0] == "D")])
    while True:
        products = rotations.multiply(found[:, None], generators[None]).reshape(-1, 4)
        new = [q for q in products if np.abs(found @ q).max() < 1.0 - 1e-9]
        if not new:
            return rotations.canonical(found)
        found = np.concatenate([found, new[:1]])
