"""A copy of the resource folder in which single values of config/*.yaml differ, for the processes of a test."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from inhand_core.paths import resource_root

ROOT = "INHAND_ROOT"
"""The variable by which processes find the folder."""


def changed_root(folder: Path, changes: dict[str, dict[str, object]]) -> str:
    """Makes the copy in an empty folder and returns its path.

    Args:
        folder: where.
        changes: new values of keys at the outermost level, by file (without .yaml).
    """
    source = resource_root()
    shutil.copytree(source / "config", folder / "config")
    for name in ("urdf", "weights"):
        (folder / name).symlink_to(source / name)
    for name, values in changes.items():
        path = folder / "config" / f"{name}.yaml"
        text = path.read_text()
        for key, value in values.items():
            text, found = re.subn(rf"(?m)^{key}: \S+", f"{key}: {value}", text)
            assert found == 1, f"{path}: {found} keys {key}"
        path.write_text(text)
    return str(folder)
