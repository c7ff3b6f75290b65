"""The page of messages and services of inhand_interfaces: their own files, whose comments are the documentation."""

from __future__ import annotations

from sources import SRC, block, page


def generate() -> str:
    """Return the page."""
    folder = SRC / "inhand_interfaces"
    files = [*sorted((folder / "msg").glob("*.msg")), *sorted((folder / "srv").glob("*.srv"))]
    sections = [f"## {path.stem}\n\n{block(path.read_text(encoding='utf-8'), 'text')}" for path in files]
    return page("Messages", "`inhand_interfaces`, as its files define it.", sections)
