"""What a configuration file says of its keys, in its comments."""

from __future__ import annotations

from pathlib import Path


def file_comments(path: Path) -> dict[str, str]:
    """Comments of a YAML file by dotted key: the lines directly above it, or the rest of its line.

    Comments that begin the file are the file's own.
    """
    found: dict[str, str] = {}
    above: list[str] = []
    parents: list[tuple[int, str]] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    begin = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    for line in lines[begin:]:
        text = line.strip()
        if text.startswith("#"):
            above.append(text.lstrip("# "))
            continue
        key, colon, rest = text.partition(":")
        if colon and not text.startswith("-"):
            indent = len(line) - len(line.lstrip())
            parents = [(i, k) for i, k in parents if i < indent] + [(indent, key.strip("\"'"))]
            comment = " ".join(above) or rest.partition(" # ")[2].strip()
            if comment:
                found[".".join(k for _, k in parents)] = comment
        above = []
    return found
