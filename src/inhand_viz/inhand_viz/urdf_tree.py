"""A URDF as a tree of frames: which link hangs on which, and where, for given joint angles. No ROS."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inhand_core import ConfigError, rotations

MOVING = ("revolute", "continuous")
KNOWN_TYPES = (*MOVING, "fixed")


class UrdfError(ConfigError):
    """A robot description that cannot be used; the message names the element and what would be valid."""


@dataclass(frozen=True)
class Joint:
    """One joint: the child link's frame in the parent link's, at angle 0, and how it turns.

    Attributes:
        name, type, parent, child: as in the URDF; type is one of `KNOWN_TYPES`.
        position: (3,) [m] of the child's origin in the parent link's frame.
        orientation: (4,) (x, y, z, w) of the child's frame in the parent's at angle 0.
        axis: (3,) unit vector in the child's frame; zeros for a fixed joint.
        mimic: (joint, multiplier, offset) where the angle follows another joint's, else None.
    """

    name: str
    type: str
    parent: str
    child: str
    position: np.ndarray
    orientation: np.ndarray
    axis: np.ndarray
    mimic: tuple[str, float, float] | None


@dataclass(frozen=True)
class Visual:
    """What a link looks like: a shape at a pose in the link's frame.

    Attributes:
        link: name of the link.
        shape: "mesh", "box", "cylinder" or "sphere".
        size: mesh: scale (3,); box: edges (3,) [m]; cylinder: radius, length [m]; sphere: radius [m].
        filename: of the mesh, as the URDF names it; "" for the other shapes.
        position, orientation: (3,) [m] and (4,) (x, y, z, w) in the link's frame.
        color: (4,) red, green, blue, opacity in 0 … 1.
    """

    link: str
    shape: str
    size: tuple[float, ...]
    filename: str
    position: np.ndarray
    orientation: np.ndarray
    color: tuple[float, float, float, float]


class UrdfTree:
    """The frames of a robot description.

    Args:
        text: the URDF.

    Raises:
        UrdfError: not XML, no single root, or a joint type other than `KNOWN_TYPES`.
    """

    def __init__(self, text: str) -> None:
        try:
            robot = ElementTree.fromstring(text)
        except ElementTree.ParseError as error:
            raise UrdfError(f"not a URDF: {error}") from error
        self.text = text
        self.links = [link.get("name", "") for link in robot.findall("link")]
        for link in robot.findall("link"):
            for element in link:  # those of inertias and collisions too: others read this text as well
                _origin(element, f"link {link.get('name', '')!r}: {element.tag}")
        self.joints = [_joint(element) for element in robot.findall("joint")]
        colors = {m.get("name"): _color(m) for m in robot.findall("material") if m.find("color") is not None}
        self.visuals = [
            _visual(link.get("name", ""), element, colors)
            for link in robot.findall("link")
            for element in link.findall("visual")
        ]
        children = {joint.child for joint in self.joints}
        roots = [link for link in self.links if link not in children]
        if len(roots) != 1:
            raise UrdfError(f"expected one root link, found {roots}")
        self.root = roots[0]
        self.joints = self._sorted_from_root()
        self.moving = [joint for joint in self.joints if joint.type in MOVING]
        self.fixed = [joint for joint in self.joints if joint.type == "fixed"]
        self._axes = np.array([joint.axis for joint in self.moving]).reshape(-1, 3)
        self._zero = np.array([joint.orientation for joint in self.moving]).reshape(-1, 4)
        self._driver = [joint.mimic or (joint.name, 1.0, 0.0) for joint in self.moving]

    @classmethod
    def load(cls, path: str | Path) -> UrdfTree:
        """Reads a URDF file.

        Raises:
            UrdfError: there is no such file, or it cannot be used.
        """
        path = Path(path)
        if not path.is_file():
            raise UrdfError(f"{path}: no such URDF; in {path.parent} there are {sorted(path.parent.glob('*.urdf'))}")
        return cls(path.read_text())

    def index(self, names: Sequence[str]) -> np.ndarray:
        """(len(moving),) places in `names` of the joints that decide each moving joint's angle.

        Raises:
            UrdfError: a moving joint is not among `names`.
        """
        places: Mapping[str, int] = {name: i for i, name in enumerate(names)}
        if missing := sorted({driver for driver, _, _ in self._driver} - set(places)):
            raise UrdfError(f"no angle for {missing}; given {sorted(places)}")
        return np.array([places[driver] for driver, _, _ in self._driver], dtype=int)

    def orientations(self, angles: np.ndarray, index: np.ndarray) -> np.ndarray:
        """(len(moving), 4) quaternions (x, y, z, w) of each moving joint's child frame in its parent's.

        Args:
            angles: (n,) [rad] in the order of the names given to `index`.
            index: from `index`.
        """
        multiplier = np.array([m for _, m, _ in self._driver])
        offset = np.array([o for _, _, o in self._driver])
        turn = rotations.from_axis_angle(self._axes, multiplier * np.asarray(angles)[index] + offset)
        return rotations.multiply(self._zero, turn)

    def path(self, link: str) -> str:
        """Links from the root to `link`, joined by "/"."""
        parent = {joint.child: joint.parent for joint in self.joints}
        chain = [link]
        while chain[-1] in parent:
            chain.append(parent[chain[-1]])
        return "/".join(reversed(chain))

    def _sorted_from_root(self) -> list[Joint]:
        below: dict[str, list[int]] = {}
        for number, joint in enumerate(self.joints):
            below.setdefault(joint.parent, []).append(number)
        ordered: list[int] = []
        layer, seen = [self.root], {self.root}
        while layer:
            ready = sorted(number for link in layer for number in below.pop(link, ()))
            ordered += ready
            layer = [child for child in (self.joints[number].child for number in ready) if child not in seen]
            seen.update(layer)
        if below:
            lost = [self.joints[number].name for numbers in below.values() for number in numbers]
            raise UrdfError(f"joints that hang on no known link: {lost[:20]}")
        return [self.joints[number] for number in ordered]


def mesh_path(filename: str) -> Path:
    """Path of a mesh named by package://, file:// or an absolute path.

    Raises:
        UrdfError: a relative path, or a package that is not on AMENT_PREFIX_PATH.
    """
    path = Path(filename.removeprefix("file://"))
    if path.is_absolute():
        return path
    if not filename.startswith("package://"):
        raise UrdfError(f"mesh {filename!r}: expected package://, file:// or an absolute path")
    package, _, rest = filename.removeprefix("package://").partition("/")
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    for prefix in prefixes:
        if (share := prefix / "share" / package).is_dir():
            return share / rest
    raise UrdfError(f"mesh {filename!r}: no package {package!r} in {[str(p) for p in prefixes]}")


def _numbers(text: str | None, default: str, count: int, where: str) -> np.ndarray:
    """So many finite numbers of a text.

    Raises:
        UrdfError: others; `where` names the element.
    """
    words = (text or default).split()
    try:
        found = np.array([float(word) for word in words])
    except ValueError as error:
        raise UrdfError(f"{where}: {error}") from error
    if len(found) != count or not np.isfinite(found).all():
        raise UrdfError(f"{where}: expected {count} finite numbers, found {(text or default)[:60]!r}")
    return found


def prefixed(text: str, prefix: str) -> str:
    """A URDF whose links' names begin with `prefix`, as frames do by robot_state_publisher's `frame_prefix`.

    Args:
        text: a URDF that `UrdfTree` takes.
        prefix: "" leaves all as it is. Joints keep their names.
    """
    if not prefix:
        return text
    robot = ElementTree.fromstring(text)
    for link in robot.findall("link"):
        link.set("name", prefix + link.get("name", ""))
    for end in (*robot.findall("joint/parent"), *robot.findall("joint/child")):
        end.set("link", prefix + end.get("link", ""))
    return ElementTree.tostring(robot, encoding="unicode")


def _origin(element: ElementTree.Element, where: str) -> tuple[np.ndarray, np.ndarray]:
    origin = element.find("origin")
    xyz = _numbers(None if origin is None else origin.get("xyz"), "0 0 0", 3, f"{where}: origin xyz")
    roll, pitch, yaw = _numbers(None if origin is None else origin.get("rpy"), "0 0 0", 3, f"{where}: origin rpy")
    turns = [rotations.from_axis_angle(np.eye(3)[i], np.asarray(a)) for i, a in enumerate((roll, pitch, yaw))]
    return xyz, rotations.multiply(turns[2], rotations.multiply(turns[1], turns[0]))


def _joint(element: ElementTree.Element) -> Joint:
    name, kind = element.get("name", ""), element.get("type", "")
    if kind not in KNOWN_TYPES:
        raise UrdfError(f"joint {name!r}: type {kind!r}; known {list(KNOWN_TYPES)}")
    parent, child, axis, mimic = (element.find(tag) for tag in ("parent", "child", "axis", "mimic"))
    if parent is None or child is None:
        raise UrdfError(f"joint {name!r}: needs <parent> and <child>")
    where = f"joint {name!r}"
    direction = _numbers(None if axis is None else axis.get("xyz"), "1 0 0", 3, f"{where}: axis xyz")
    if kind in MOVING and not np.linalg.norm(direction) > 1e-9:
        raise UrdfError(f"{where}: axis xyz: a direction of length 0")
    direction = direction / np.linalg.norm(direction) if kind in MOVING else np.zeros(3)
    follows = None
    if mimic is not None:
        multiplier, offset = mimic.get("multiplier", "1"), mimic.get("offset", "0")
        numbers = _numbers(f"{multiplier} {offset}", "", 2, f"{where}: mimic multiplier and offset")
        follows = (mimic.get("joint", ""), *numbers.tolist())
    ends = parent.get("link", ""), child.get("link", "")
    return Joint(name, kind, *ends, *_origin(element, where), direction, follows)


def _color(material: ElementTree.Element) -> tuple[float, float, float, float]:
    color = material.find("color")
    where = f"material {material.get('name', '')!r}: color rgba"
    rgba = _numbers(None if color is None else color.get("rgba"), "0.7 0.7 0.7 1", 4, where)
    return float(rgba[0]), float(rgba[1]), float(rgba[2]), float(rgba[3])


def _visual(link: str, element: ElementTree.Element, colors: Mapping[str | None, tuple]) -> Visual:
    geometry = element.find("geometry")
    if geometry is None or len(geometry) != 1:
        raise UrdfError(f"link {link!r}: a <visual> needs one <geometry> with one shape")
    shape = geometry[0]
    where = f"link {link!r}: {shape.tag}"
    sizes = {
        "mesh": lambda: _numbers(shape.get("scale"), "1 1 1", 3, where),
        "box": lambda: _numbers(shape.get("size"), "", 3, where),
        "cylinder": lambda: _numbers(f"{shape.get('radius')} {shape.get('length')}", "", 2, where),
        "sphere": lambda: _numbers(shape.get("radius"), "", 1, where),
    }
    if shape.tag not in sizes:
        raise UrdfError(f"link {link!r}: shape {shape.tag!r}; known {sorted(sizes)}")
    material = element.find("material")
    color = (0.7, 0.7, 0.7, 1.0)
    if material is not None:
        color = _color(material) if material.find("color") is not None else colors.get(material.get("name"), color)
    return Visual(
        link,
        shape.tag,
        tuple(float(s) for s in sizes[shape.tag]()),
        shape.get("filename", ""),
        *_origin(element, f"link {link!r}"),
        color,
    )
