"""Which controller may command the motors: one, known by the number that it signs its commands with."""

from __future__ import annotations

from collections.abc import Callable

RELEASE_S = 1.0
"""An owner that has been silent for this long is gone: launch starts a controller again after this time."""
_OFFSET, _PRIME, _MASK = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1


def claim_number(name: str) -> int:
    """The number (64 bits, FNV-1a) that a controller with this claim signs its commands with; 0 for no name."""
    number = _OFFSET
    for byte in name.encode():
        number = ((number ^ byte) * _PRIME) & _MASK
    return (number or 1) if name else 0


class Ownership:
    """Admits the commands of one controller and counts those of others.

    With a name the owner is the controller that was given the same one, whatever else speaks. Without one it is the
    first that speaks, until it has been silent for `RELEASE_S`.

    Args:
        name: what a launch gave controller and driver in common; empty: nothing.
        clock: time that never goes back [s].

    Attributes:
        owner: number of the controller that is followed; 0: none yet.
        refused: commands of others, or without a signature.
        stranger: number of the last of them.
    """

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self._fixed, self._clock = bool(name), clock
        self.owner = claim_number(name)
        self.refused = self.stranger = 0
        self._heard_at = self._refused_at = -float("inf")

    def admits(self, claim: int) -> bool:
        """Whether a command signed with this number may be followed."""
        now = self._clock()
        if not self._fixed and claim != 0 and claim != self.owner and now - self._heard_at > RELEASE_S:
            self.owner = claim
        if claim == 0 or claim != self.owner:
            self.refused, self.stranger, self._refused_at = self.refused + 1, claim, now
            return False
        self._heard_at = now
        return True

    @property
    def trouble(self) -> str:
        """What to say while commands of another controller arrive; empty where none do."""
        if self._clock() - self._refused_at > RELEASE_S:
            return ""
        who = f"another controller (claim {self.stranger:#x})" if self.stranger else "somebody without a claim"
        remedy = "end that graph, or give it a ROS_DOMAIN_ID of its own"
        return f"{who} publishes motor commands too; they are refused: {remedy}"
