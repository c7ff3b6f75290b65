"""Policies that can be chosen: the weights files below the project's root, told from others by their header."""

from __future__ import annotations

import json
import struct
from pathlib import Path

POLICY_KEY = "inhand_policy"
_LONGEST_HEADER = 2**24


def is_policy(path: Path) -> bool:
    """Whether a file is safetensors with a policy's metadata; nothing but its header is read."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length)) if length < _LONGEST_HEADER else {}
    except (OSError, struct.error, ValueError):
        return False
    return isinstance(header, dict) and POLICY_KEY in header.get("__metadata__", {})


def as_chosen(path: str, root: Path) -> str:
    """A weights file as `policies` names it: below the project's `root` from there, else as it is."""
    absolute = Path(path).expanduser()
    bases = (root, (root / "weights").resolve().parent)  # in a checkout the folder is a link to the package's
    inside = [base for base in bases if absolute.is_absolute() and absolute.is_relative_to(base / "weights")]
    inside += [root] if absolute.is_absolute() and absolute.is_relative_to(root) else []
    return str(absolute.relative_to(inside[0])) if inside else path


def policies(root: Path) -> tuple[str, ...]:
    """Policies in `root`/weights, as config/policy.yaml names them, sorted."""
    return tuple(sorted(f"weights/{path.name}" for path in (root / "weights").glob("*.safetensors") if is_policy(path)))
