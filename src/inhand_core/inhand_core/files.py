"""Files that are there whole or not at all: whoever reads never sees half of one, also after a crash."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FULL = 1 << 20
"""A disk with less room than this [bytes] is taken for the cause of what a library says without a cause."""


@contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Lets what the disk refuses name the file: the system's own error for a write does not, and libraries that write
    by themselves (torch, safetensors) hide it behind errors of their own.

    Raises:
        OSError: the disk refused or is full; with errno and file.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    except Exception as error:
        if isinstance(error, MemoryError) or not _is_full(Path(path)):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Gives the path of a new file beside `path`, which takes its place at the end; after an error nothing changes.

    Folders above are made; a link stays one; a device or a pipe is written to as it is. The content is on the disk
    before the name is, so that power loss leaves the old file or the new one.

        with replacing(path) as draft:
            draft.write_text(text)

    Raises:
        OSError: the disk refuses; `path` is as it was, and named.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        yield path
        return
    with naming(path):
        yield from _replacing(path)


def _replacing(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial{path.suffix}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield draft
        to_disk(draft)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    with suppress(OSError):  # not every file system lets a folder be synchronised
        to_disk(path.parent)


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Writes a file by way of `replacing`; text as UTF-8.

    Raises:
        OSError: the disk refuses; `path` is as it was.
    """
    with replacing(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


def to_disk(path: Path) -> None:
    """Returns when a file's content, or the names in a folder, would outlive power loss."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_full(path: Path) -> bool:
    folder = next(folder for folder in path.resolve().parents if folder.is_dir())
    return shutil.disk_usage(folder).free < FULL
