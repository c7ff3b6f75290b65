"""Stamp files: what has been done, and from which inputs."""

import hashlib
from pathlib import Path

from .steps import Step


def digest(step: Step, previous: str) -> str:
    """Return the hash of a step: its name, its settings, the contents of its files and the step before it."""
    h = hashlib.sha256(previous.encode())
    h.update("\0".join((step.name, *step.settings)).encode())
    for path in sorted(step.files):
        h.update(path.name.encode())
        h.update(path.read_bytes())
    return h.hexdigest()


class Stamps:
    """The stamps of one virtual environment, one small file per finished step."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._digests: dict[str, str] = {}

    def pending(self, plan: list[Step]) -> list[Step]:
        """Return the steps of `plan` to run: from the first whose stamp does not fit to the last."""
        previous, first_pending = "", len(plan)
        for index, step in enumerate(plan):
            previous = self._digests[step.name] = digest(step, previous)
            if first_pending == len(plan) and self._read(step.name) != previous:
                first_pending = index
        return plan[first_pending:]

    def write(self, step: Step) -> None:
        """Record that `step`, which a call of pending() returned, is done."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / step.name).write_text(self._digests[step.name])

    def _read(self, name: str) -> str | None:
        path = self._folder / name
        return path.read_text() if path.exists() else None
