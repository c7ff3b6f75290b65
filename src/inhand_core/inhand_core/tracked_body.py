"""A rigid body as a tracker knows it, by markers or by sight: its last valid pose, and how old that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class TrackedBody:
    """Last valid pose of a rigid body: position (B, 3), orientation (B, 4); valid now, seen ever, age [s], all (B,)."""

    position: np.ndarray
    orientation: np.ndarray
    valid: np.ndarray
    seen: np.ndarray
    age: np.ndarray

    @classmethod
    def unseen(cls, batch: int) -> TrackedBody:
        """A body that was never seen: at the origin, unrotated."""
        orientation = np.tile([0.0, 0.0, 0.0, 1.0], (batch, 1))
        never = np.zeros(batch, bool)
        return cls(np.zeros((batch, 3)), orientation, never, never.copy(), np.zeros(batch))

    def arrays(self) -> tuple[np.ndarray, ...]:
        """All of it, in the order of the fields; the tracker writes into these arrays."""
        return self.position, self.orientation, self.valid, self.seen, self.age

    def update(self, position: np.ndarray, orientation: np.ndarray, valid: np.ndarray, dt: float) -> None:
        """Takes the new pose where `valid` (B,), holds and ages the last one elsewhere."""
        self.position = np.where(valid[:, None], position, self.position)
        self.orientation = np.where(valid[:, None], orientation, self.orientation)
        self.valid = valid
        self.seen = self.seen | valid
        self.age = np.where(valid, 0.0, self.age + dt)
