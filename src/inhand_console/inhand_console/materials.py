"""What the hand is made of, as the page shows it: black anodised links, bare metal joints, pale rubber fingertips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inhand_viz.urdf_tree import Visual


@dataclass(frozen=True)
class Look:
    """A material of physically based rendering, and its colour where nothing is lit.

    Attributes:
        name: of it.
        color: (r, g, b) 0 … 1, linear: glTF's base colour.
        metallic, roughness: 0 … 1, as glTF defines them.
        plain: (r, g, b) 0 … 1 of the simple drawing, sRGB as on the screen.
    """

    name: str
    color: tuple[float, float, float]
    metallic: float
    roughness: float
    plain: tuple[float, float, float]

    @property
    def simple(self) -> np.ndarray:
        """(3,) colour of the simple drawing."""
        return np.array(self.plain)


BLACK = Look("black", (0.018, 0.019, 0.022), 0.35, 0.42, (0.30, 0.31, 0.34))
DARK = Look("anodised", (0.035, 0.037, 0.042), 0.75, 0.38, (0.38, 0.39, 0.42))
METAL = Look("metal", (0.62, 0.63, 0.65), 1.0, 0.30, (0.80, 0.81, 0.84))
RUBBER = Look("rubber", (0.55, 0.50, 0.44), 0.0, 0.65, (0.86, 0.82, 0.76))
KINDS = (
    ("distal", RUBBER),
    ("knuckle", METAL),
    ("wrist", METAL),
    ("middle", DARK),
    ("proximal", DARK),
    ("palm", DARK),
    ("metacarpal", DARK),
    ("forearm", BLACK),
)
"""Part of a link's name -> what that link is made of."""


def look_of(visual: Visual) -> Look:
    """The material of a link; of one that is not the hand's, its own colour in plastic."""
    for part, look in KINDS:
        if visual.link.endswith(part):
            return look
    red, green, blue = visual.color[:3]
    return Look("plastic", (red**2.2, green**2.2, blue**2.2), 0.0, 0.5, (red, green, blue))
