"""The episode's draw of every world: Table 1, marker placement, timing, forces. Arrays with leading axis B."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from inhand_core.random import RowRandom
from inhand_sim.ranges import WorldRanges

PHYSICS = ("size", "mass", "friction", "damping", "gain", "limits", "gravity")
"""Fields of `WorldDraw` of the section physics: those that the object and the hand move by."""


@dataclass
class WorldDraw:
    """What one episode's world differs in from the nominal model; nominal (1 or 0) where a section is off.

    Attributes:
        size: (B,) factor on the object's dimensions.
        mass: (B, bodies) factor on each body's mass.
        friction: (B, 2) factors on the friction of the hand's surfaces and of the object's.
        damping: (B, 24) factor on each joint's passive damping.
        gain: (B, 20) factor on each actuator's gain.
        limits: (B, 24, 2) [rad], added to each joint's lower and upper limit.
        gravity: (B, 3) [m/s²], added to gravity (world).
        markers: (B, M, 3) [m], misplacement of each marker in its body's frame.
        timing_mean: (B,) [s], mean of the exponential part of an 8 ms step.
        force_probability: (B,) chance of a new force on the object per 80 ms.
    """

    size: np.ndarray
    mass: np.ndarray
    friction: np.ndarray
    damping: np.ndarray
    gain: np.ndarray
    limits: np.ndarray
    gravity: np.ndarray
    markers: np.ndarray
    timing_mean: np.ndarray
    force_probability: np.ndarray

    @classmethod
    def nominal(cls, batch: int, bodies: int, joints: int, actuators: int, markers: int) -> WorldDraw:
        """The draw that changes nothing."""
        return cls(
            size=np.ones(batch),
            mass=np.ones((batch, bodies)),
            friction=np.ones((batch, 2)),
            damping=np.ones((batch, joints)),
            gain=np.ones((batch, actuators)),
            limits=np.zeros((batch, joints, 2)),
            gravity=np.zeros((batch, 3)),
            markers=np.zeros((batch, markers, 3)),
            timing_mean=np.zeros(batch),
            force_probability=np.zeros(batch),
        )

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Numbers of bodies, joints, actuators and markers, as `nominal` takes them."""
        return self.mass.shape[1], self.damping.shape[1], self.gain.shape[1], self.markers.shape[1]

    def put(self, rows: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Sets fields, by name, of the rows `rows` (n,) to values of n rows."""
        for name, value in values.items():
            getattr(self, name)[rows] = value

    def joint_summary(self) -> np.ndarray:
        """(B, 44) what decides how the joints move, centred on 0: logarithms of each joint's damping (24) and of each
        actuator's gain (20)."""
        return np.log(np.concatenate([self.damping, self.gain], axis=-1))

    def limit_summary(self) -> np.ndarray:
        """(B, 48) [rad] what is added to each joint's lower (24) and upper (24) limit."""
        return np.concatenate([self.limits[..., 0], self.limits[..., 1]], axis=-1)

    def summary(self) -> np.ndarray:
        """(B, 10) low-dimensional description centred on 0: logarithms of the factors on size, mean mass, friction
        between hand and object (the larger, as both are the same nominally), mean damping and mean gain, mean limit
        shift [rad], gravity offset [m/s²], mean of the timing [ms]."""
        factors = [self.size, self.mass.mean(1), self.friction.max(1)]
        logs = [np.log(factor) for factor in factors]
        logs += [np.log(self.damping).mean(1), np.log(self.gain).mean(1)]
        return np.column_stack([*logs, self.limits.mean((1, 2)), self.gravity, self.timing_mean * 1e3])


class Drawer:
    """Draws `WorldDraw` rows from the configured ranges.

    Args:
        ranges: the worlds' sections of config/randomization.yaml.
        sections: names of the sections that are on.
        fingertip_markers, base_markers: marker indices of the fingertips and of the hand's base.
        one_friction: hand and object get the same factor on their friction.
    """

    def __init__(
        self,
        ranges: WorldRanges,
        sections: frozenset[str],
        fingertip_markers: np.ndarray,
        base_markers: np.ndarray,
        one_friction: bool = False,
    ) -> None:
        self._ranges, self._sections = ranges, sections
        self._fingertips, self._base = fingertip_markers, base_markers
        self._one_friction = one_friction

    def draw_physics(self, target: WorldDraw, rows: np.ndarray, random: RowRandom, scale: np.ndarray) -> None:
        """Draws the fields `PHYSICS` of the rows `rows` (n,) of `target` again, where that section is on.

        Args:
            target: all worlds' draws; only the given rows change.
            rows: row indices.
            random: random streams of the rows.
            scale: (n,) in [0, 1]: spread of the draw; 1 is the configured range, 0 the nominal world.
        """
        if "physics" not in self._sections:
            return
        ranges = self._ranges.physics
        s, s1, s2 = scale, scale[:, None], scale[:, None, None]
        target.size[rows] = 1.0 + s * (ranges.object_size.draw(random, (), rows) - 1.0)
        target.mass[rows] = 1.0 + s1 * (ranges.mass.draw(random, target.mass.shape[1:], rows) - 1.0)
        surfaces = (1,) if self._one_friction else (2,)
        target.friction[rows] = 1.0 + s1 * (ranges.friction.draw(random, surfaces, rows) - 1.0)
        target.damping[rows] = ranges.joint_damping.draw(random, target.damping.shape[1:], rows) ** s1
        target.gain[rows] = ranges.actuator_gain.draw(random, target.gain.shape[1:], rows) ** s1
        target.limits[rows] = s2 * ranges.joint_limit.draw(random, target.limits.shape[1:], rows)
        target.gravity[rows] = s1 * ranges.gravity.draw(random, (3,), rows)

    def draw_rest(self, target: WorldDraw, rows: np.ndarray, random: RowRandom, scale: np.ndarray) -> None:
        """As `draw_physics`, the other fields: places of markers, timing, forces."""
        if "marker_placement" in self._sections:
            placement, s = self._ranges.marker_placement, scale[:, None, None]
            target.markers[np.ix_(rows, self._fingertips)] = s * placement.fingertip.draw(
                random, (len(self._fingertips), 3), rows
            )
            target.markers[np.ix_(rows, self._base)] = s * placement.hand_base.draw(random, (len(self._base), 3), rows)
        if "timing" in self._sections:
            target.timing_mean[rows] = scale / self._ranges.timing.rate.draw(random, (), rows)
        if "random_forces" in self._sections:
            target.force_probability[rows] = scale * self._ranges.random_forces.probability.draw(random, (), rows)
