"""The SRDF of the hand for MoveIt: groups of joints, named poses, pairs of links that never touch.

Which links can touch is what the physics says: the pairs of collision geometry that come with the assets. All other
pairs are left out of the search.
"""

from __future__ import annotations

from itertools import combinations
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import mujoco

from inhand_description.joints import FINGERS, JOINTS
from inhand_description.model import ModelConfig, build_spec

NAME = "shadow_hand_right"
"""As in the URDF."""
WRIST = "wr"
_NAMES = {"th": "thumb", "ff": "first_finger", "mf": "middle_finger", "rf": "ring_finger", "lf": "little_finger"}


def hand_srdf() -> str:
    """The SRDF that belongs to urdf/hand.urdf."""
    model = build_spec(ModelConfig(object="none")).compile()
    robot = Element("robot", name=NAME)
    groups = {_NAMES[finger]: finger for finger in FINGERS} | {"wrist": WRIST}
    for name, finger in groups.items():
        group = SubElement(robot, "group", name=name)
        for joint in JOINTS:
            if joint.finger == finger:
                SubElement(group, "joint", name=joint.name)
    for name, members in (("fingers", [n for n in groups if n != "wrist"]), ("hand", list(groups))):
        group = SubElement(robot, "group", name=name)
        for member in members:
            SubElement(group, "group", name=member)
    _state(robot, "open", {joint.name: min(max(0.0, joint.lower), joint.upper) for joint in JOINTS})
    _state(robot, "middle", {joint.name: 0.5 * (joint.lower + joint.upper) for joint in JOINTS})
    for first, second, reason in never_touching(model):
        SubElement(robot, "disable_collisions", link1=first, link2=second, reason=reason)
    indent(robot)
    text = tostring(robot, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n<!-- Written by `inhand description write`. -->\n{text}\n'


def never_touching(model: mujoco.MjModel) -> list[tuple[str, str, str]]:
    """Pairs of links with collision shapes that need no looking at: "Adjacent" ones, and those that "Never" touch."""
    shaped = sorted({int(model.geom_bodyid[g]) for g in range(model.ngeom) if model.geom(g).name.startswith("rh_C_")})
    touching = {
        frozenset((int(model.geom_bodyid[a]), int(model.geom_bodyid[b])))
        for a, b in zip(model.pair_geom1, model.pair_geom2, strict=True)
    }
    found = []
    for first, second in combinations(shaped, 2):
        if frozenset((first, second)) not in touching:
            adjacent = first in (model.body_parentid[second], second) or second == model.body_parentid[first]
            names = model.body(first).name, model.body(second).name
            found.append((*names, "Adjacent" if adjacent else "Never"))
    return found


def _state(robot: Element, name: str, angles: dict[str, float]) -> None:
    state = SubElement(robot, "group_state", name=name, group="hand")
    for joint, angle in angles.items():
        SubElement(state, "joint", name=joint, value=f"{angle:.6g}")
