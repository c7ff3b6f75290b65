"""The takes of a recorder that is switched on and off by a person; no ROS here."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

REPORT_VARIABLE = "INHAND_RECORDING_FILE"
UNDECIDED, KEPT, DISCARDED = "undecided", "kept", "discarded"


class Takes:
    """Names the folders of takes, and deletes the last one when asked to, and no other.

    Args:
        folder: of the first take, the next get _2, _3, …, and so does the first where `folder` is a take that was cut
            off: a recorder that was killed and started again goes on beside it; "": bags/<date and time> in the
            working directory.
        cut_off: whether a folder that exists is such a take.

    Attributes:
        last: folder of the newest take; None before the first.
        fate: of the last take once it has ended: undecided, kept or discarded; "" before.
    """

    def __init__(self, folder: str, cut_off: Callable[[Path], bool]) -> None:
        self._folder = folder
        self._cut_off = cut_off
        self.last: Path | None = None
        self.fate = ""

    def next(self) -> Path:
        """A folder that does not exist, for a new take; what was undecided is kept."""
        base = Path(self._folder or time.strftime("bags/inhand_%Y_%m_%d-%H_%M_%S")).expanduser()
        given = self.last is None and self._folder and not self._cut_off(base)
        self.last, self.fate = base if given else _free(base), ""
        return self.last

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


def note_take(result: dict[str, object]) -> None:
    """Tells who started the run what became of a take: a line of JSON in the file that INHAND_RECORDING_FILE names."""
    if path := os.environ.get(REPORT_VARIABLE):
        with Path(path).open("a") as file:
            file.write(json.dumps(result) + "\n")


def _free(base: Path) -> Path:
    """`base`, or the first of base_2, base_3, … that does not exist."""
    number, found = 1, base
    while found.exists():
        number += 1
        found = base.with_name(f"{base.name}_{number}")
    return found
