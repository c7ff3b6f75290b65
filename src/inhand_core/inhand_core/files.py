"""Files that are there whole or not at all: whoever reads never sees half of one, also after a crash."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Gives the path of a new file beside `path`, which takes its place at the end; after an error nothing changes.

    Folders above are made; a link stays one; a device or a pipe is written to as it is. The content is on the disk
    before the name is, so that power loss leaves the old file or the new one.

        with replacing(path) as draft:
            draft.write_text(text)

    Raises:
        OSError: the disk refuses; `path` is as it was.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        yield path
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial{path.suffix}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield draft
        _to_disk(draft)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    with suppress(OSError):  # not every file system lets a folder be synchronised
        _to_disk(path.parent)


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Writes a file by way of `replacing`; text as UTF-8.

    Raises:
        OSError: the disk refuses; `path` is as it was.
    """
    with replacing(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
