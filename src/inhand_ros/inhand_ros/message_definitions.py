"""Definitions of messages as MCAP wants them, from the installed .msg files."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory

from inhand_core.config import read_json

_SEPARATOR = "\n" + "=" * 80 + "\nMSG: {}\n"
_PRIMITIVES = {"bool", "byte", "char", "string", "wstring", "float32", "float64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def message_definition(kind: str) -> str:
    """Definition of "package/msg/Name" with those of all messages within it, in MCAP's ros2msg form."""
    texts: dict[str, str] = {}
    _collect(kind, texts)
    root = texts.pop(kind)
    return root + "".join(_SEPARATOR.format(name.replace("/msg/", "/")) + text for name, text in texts.items())


def type_hash(kind: str) -> str:
    """Hash of "package/msg/Name" (REP-2016, "RIHS01_…") as its package was built with; "" where it has none."""
    package, _, name = kind.split("/")
    path = Path(get_package_share_directory(package)) / "msg" / f"{name}.json"
    if not path.is_file():
        return ""
    hashes = read_json(path.read_text(), str(path)).get("type_hashes", [])
    return next((str(row["hash_string"]) for row in hashes if row.get("type_name") == kind), "")


def _collect(kind: str, texts: dict[str, str]) -> None:
    package, _, name = kind.split("/")
    texts[kind] = (Path(get_package_share_directory(package)) / "msg" / f"{name}.msg").read_text()
    for line in texts[kind].splitlines():
        words = line.partition("#")[0].split()
        base = words[0].partition("[")[0].partition("<")[0] if words else ""
        if not base or base in _PRIMITIVES or "=" in words[0]:
            continue
        if "/" not in base:
            base = f"{package}/{base}"
        nested = base if "/msg/" in base else base.replace("/", "/msg/")
        if nested not in texts:
            _collect(nested, texts)
