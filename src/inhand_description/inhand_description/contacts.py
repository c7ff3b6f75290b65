"""Which geoms touch which: every contact is an explicit pair, so that MuJoCo searches for none.

The hand's own pairs come with the assets. The object meets every collision geom of the hand. A fingertip on the object
is soft and resists being twisted on the spot (condim 4); what else touches the object does so with friction alone
(condim 3), which loses nothing: on the palm it lies with several points, whose sliding friction resists turning.
Both choices together make a step of the batched environment a fifth cheaper.
"""

from __future__ import annotations

import mujoco
import numpy as np

_HAND, _OBJECT = "rh_C_", "object"
_TIP = "distal"
FINGERTIP_TORSION = 0.025
"""Torsional friction [m] of the fingertips' rubber: robogym 9ff1111 (the authors' later environment), whose shadowhand
model gives it to the distal links; the object's is 0.005. A pinch resists being twisted five times as much by it."""
_SLIDING, _TWISTING = 3, 4


def is_collision_geom(name: str) -> bool:
    """Whether a geom of this name takes part in contacts; the others are only looked at."""
    return name.startswith((_HAND, _OBJECT))


def collision_geoms(model: mujoco.MjModel) -> np.ndarray:
    """Ids (n,) of the geoms that take part in contacts."""
    return np.array([geom for geom in range(model.ngeom) if is_collision_geom(model.geom(geom).name)])


def set_contacts(spec: mujoco.MjSpec, fingertip_torsion: float = FINGERTIP_TORSION) -> None:
    """Pairs the object, where there is one, with the hand, and ends the search for other contacts.

    The fingertips get the torsional friction `fingertip_torsion` [m].

    The friction of a pair is the larger of its geoms' coefficients, as MuJoCo has it where no pair says otherwise.
    """
    _drop_repeated_pairs(spec)
    hand = [geom for geom in spec.geoms if geom.name.startswith(_HAND)]
    for geom in hand:
        if geom.name.endswith(_TIP):
            geom.friction[1] = fingertip_torsion
    for thing in [geom for geom in spec.geoms if geom.name.startswith(_OBJECT)]:
        for geom in hand:
            slide, twist, roll = np.maximum(geom.friction, thing.friction)
            spec.add_pair(
                geomname1=geom.name,
                geomname2=thing.name,
                condim=_TWISTING if geom.name.endswith(_TIP) else _SLIDING,
                friction=[slide, slide, twist, roll, roll],
            )
    for geom in spec.geoms:
        geom.contype, geom.conaffinity = 0, 0


def _drop_repeated_pairs(spec: mujoco.MjSpec) -> None:
    """The assets list one pair of fingertips twice, which would double its force."""
    seen = set()
    for pair in list(spec.pairs):
        key = frozenset((pair.geomname1, pair.geomname2))
        if key in seen:
            spec.delete(pair)
        seen.add(key)
