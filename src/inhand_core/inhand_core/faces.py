"""A package's face that costs nothing to import: its names are loaded from their modules when they are first used.

A face lists its names under `if TYPE_CHECKING:`, which type checkers read, and hands them out by `lazy_face`:

    if TYPE_CHECKING:
        from inhand_data.bags import BagReader, open_bag

    __all__ = ["BagReader", "open_bag"]
    __getattr__ = lazy_face(__name__)
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def lazy_face(package: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package that has its imports under `if TYPE_CHECKING:`."""
    homes: dict[str, tuple[str, str]] = {}

    def find(name: str) -> Any:
        module = sys.modules[package]
        if not homes:
            homes.update(face_imports(Path(str(module.__file__))))
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home, own_name = homes[name]
        value = getattr(importlib.import_module(home), own_name)
        setattr(module, name, value)
        return value

    return find


def face_imports(path: Path) -> dict[str, tuple[str, str]]:
    """Module and name there of each name that a face imports for type checkers alone."""
    blocks = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    statements = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: (str(node.module), alias.name) for node in statements for alias in node.names}
