"""Commands: write the generated files, show the tables."""

from __future__ import annotations

from pathlib import Path

import tyro


def write(root: Path = Path(".")) -> None:
    """Write config/hand.yaml, config/cameras/nominal/*.yaml, urdf/*.urdf and urdf/hand.srdf from the tables.

    Args:
        root: the source checkout.
    """
    for path, text in generated_files().items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        print(f"wrote {target}")


def generated_files() -> dict[str, str]:
    """Text of every generated file by its path in the checkout."""
    from inhand_description.cameras import nominal_files
    from inhand_description.hand_yaml import hand_yaml
    from inhand_description.objects import OBJECTS
    from inhand_description.srdf import hand_srdf
    from inhand_description.urdf import hand_urdf, object_urdf

    objects = {f"urdf/{name}.urdf": object_urdf(name) for name in OBJECTS}
    cameras = {f"config/cameras/nominal/{name}": text for name, text in nominal_files().items()}
    hand = {"config/hand.yaml": hand_yaml(), "urdf/hand.urdf": hand_urdf(), "urdf/hand.srdf": hand_srdf()}
    return {**hand, **objects, **cameras}


def decompose(mesh: tyro.conf.Positional[Path], out: Path, pieces: int = 16, detail: float = 0.05) -> None:
    """Cut a closed mesh into convex pieces (by CoACD), and print the lines that an object's file needs for them.

    Args:
        mesh: file of the mesh, .obj or .stl; in metres.
        out: folder to write the pieces into, beside the object's file.
        pieces: most pieces there may be.
        detail: how much concavity is left in a piece, 0.01 (much detail) … 1.
    """
    from inhand_description.decomposition import decompose as cut

    for path in cut(mesh, out, pieces, detail):
        print(f"  - mesh: {path}")


def show() -> None:
    """Print the joints and actuators with their ranges, gains and sources."""
    from inhand_description.actuators import ACTUATORS
    from inhand_description.joints import JOINTS

    for joint in JOINTS:
        print(f"{joint.name:8} [{joint.lower:6.3f}, {joint.upper:6.3f}] rad  damping {joint.damping:.3g} N m s/rad")
    for row in ACTUATORS:
        driven = "+".join(row.joints)
        print(
            f"{row.name:8} {driven:17} kp {row.kp:.3g} kd {row.kd:.3g} N m/rad  limit {row.force:.3g} N m  {row.source}"
        )
