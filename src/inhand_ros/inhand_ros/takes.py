"""The takes of a recorder that is switched on and off by a person; no ROS here."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

UNDECIDED, KEPT, DISCARDED = "undecided", "kept", "discarded"


class Takes:
    """Names the folders of takes, and deletes the last one when asked to, and no other.

    Args:
        folder: of the first take, the next get _2, _3, …; "": bags/<date and time> in the working directory.

    Attributes:
        last: folder of the newest take; None before the first.
        fate: of the last take once it has ended: undecided, kept or discarded; "" before.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.last: Path | None = None
        self.fate = ""

    def next(self) -> Path:
        """A folder that does not exist, for a new take; what was undecided is kept."""
        base = Path(self._folder or time.strftime("bags/inhand_%Y_%m_%d-%H_%M_%S")).expanduser()
        first = base if self.last is None and self._folder else _free(base)
        self.last, self.fate = first, ""
        return first

    def end(self) -> None:
        """The last take is closed; a person may decide."""
        self.fate = UNDECIDED

    def keep(self) -> str:
        """Decides to keep the last take; it cannot be discarded any more.

        Raises:
            ValueError: there is nothing to decide about.
        """
        self._check()
        self.fate = KEPT
        return f"{self.last} is kept"

    def discard(self) -> str:
        """Deletes the last take.

        Raises:
            ValueError: there is nothing to decide about.
            OSError: it cannot be deleted.
        """
        self._check()
        shutil.rmtree(self.last)
        self.fate = DISCARDED
        return f"{self.last} is deleted"

    def _check(self) -> None:
        if self.fate != UNDECIDED:
            words = {"": "no take has ended", KEPT: "the last take is kept", DISCARDED: "the last take is discarded"}
            raise ValueError(f"nothing to decide: {words[self.fate]}")


def _free(base: Path) -> Path:
    """`base`, or the first of base_2, base_3, … that does not exist."""
    number, found = 1, base
    while found.exists():
        number += 1
        found = base.with_name(f"{base.name}_{number}")
    return found
