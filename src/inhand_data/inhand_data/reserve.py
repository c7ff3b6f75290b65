"""A file beside a bag under construction: room for metadata.yaml on a disk that fills up, and who writes the bag."""

from __future__ import annotations

import fcntl
from pathlib import Path

from inhand_core.files import naming

NAME = ".reserve"
SIZE = 1 << 16
"""Room that it keeps [bytes]; it goes when the bag is closed."""


class Reserve:
    """The file, and a lock on it that ends with the process, however it ends.

    Args:
        folder: of the bag.

    Raises:
        OSError: the disk has not even that room.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._file = self._path.open("wb")
        try:
            with naming(self._path):
                self._file.write(bytes(SIZE))
                self._file.flush()
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def give_back(self) -> None:
        """Frees the room; the bag is about to be closed."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def cut_off(folder: Path) -> bool:
    """Whether a folder is a bag that nobody has closed: its recorder was killed, or still runs."""
    return (folder / NAME).is_file()


def being_written(folder: Path) -> bool:
    """Whether a recorder that still runs writes this bag."""
    try:
        with (folder / NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
