"""Motion-capture markers and the boxes behind the nails that hide them."""

from __future__ import annotations

from dataclasses import dataclass

from inhand_description.joints import FINGERS
from inhand_description.objects import OBJECTS
from inhand_description.things import Thing


@dataclass(frozen=True)
class MarkerRow:
    """One LED marker.

    Attributes:
        id: its number in the capture system.
        body: body it is fixed to: a distal link, "hand_base" or "object".
        position: (3,) in that body's frame [m].
        source: where the numbers come from.
    """

    id: int
    body: str
    position: tuple[float, float, float]
    source: str


@dataclass(frozen=True)
class NailRow:
    """The weightless box behind a nail: what comes close to it hides the finger's marker (paper, appendix C.2).

    Attributes:
        finger: one of FINGERS.
        body: the distal link.
        position: centre in that link's frame [m].
        half_size: half extents [m].
        source: where the numbers come from.
    """

    finger: str
    body: str
    position: tuple[float, float, float]
    half_size: tuple[float, float, float]
    source: str


_TIP = "paper B.2: one marker a fingertip; on the nail, 1 mm above the distal link's collision capsule"
_BASE = "paper B.2: markers on the hand's base; invented: a plate of 60 x 80 mm on the forearm, uneven"
_NAIL = "paper C.2: a small box behind each nail; size invented: 10 x 6 x 10 mm around the marker"

_NAIL_SIDE = {"ff": (0.0, 0.008, 0.018), "th": (0.0102, 0.0, 0.02)}
"""Marker on the nail: fingers bend towards -y of their links, the thumb towards -x."""


def _nail(finger: str) -> tuple[float, float, float]:
    return _NAIL_SIDE.get(finger, _NAIL_SIDE["ff"])


def _tip_row(index: int, finger: str) -> MarkerRow:
    return MarkerRow(index, f"rh_{finger}distal", _nail(finger), _TIP)


_HAND = (
    *(_tip_row(index, finger) for index, finger in enumerate(FINGERS)),
    MarkerRow(5, "hand_base", (0.030, 0.075, 0.060), _BASE),
    MarkerRow(6, "hand_base", (-0.030, 0.075, 0.070), _BASE),
    MarkerRow(7, "hand_base", (0.025, 0.085, 0.140), _BASE),
    MarkerRow(8, "hand_base", (-0.035, 0.070, 0.150), _BASE),
)
NAILS: tuple[NailRow, ...] = tuple(
    NailRow(finger, f"rh_{finger}distal", _nail(finger), (0.005, 0.003, 0.005), _NAIL)
    if finger != "th"
    else NailRow(finger, f"rh_{finger}distal", _nail(finger), (0.003, 0.005, 0.005), _NAIL)
    for finger in FINGERS
)


def markers(object_name: str) -> tuple[MarkerRow, ...]:
    """The 17 markers: ids 0-4 fingertips, 5-8 hand base, 9-16 on the object of that name; () there for "none"."""
    return _HAND if object_name == "none" else (*_HAND, *object_markers(OBJECTS[object_name]))


def object_markers(thing: Thing) -> tuple[MarkerRow, ...]:
    """The markers on an object, ids 9-16."""
    return tuple(MarkerRow(9 + i, "object", place, thing.row.source) for i, place in enumerate(thing.markers))


MARKERS: tuple[MarkerRow, ...] = markers("block")
"""Markers of hand and block; other objects have as many, elsewhere."""
