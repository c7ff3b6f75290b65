"""No product code that only tests use: every function and class is used somewhere, or is on its package's face."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable

import pytest
from test_imports import ROOT, packages, python_files

HOOKS = {
    "beginning_execution": "rclpy's callback groups",
    "ending_execution": "rclpy's callback groups",
    "ignore_aliases": "PyYAML's dumpers",
    "on_activate": "rclpy's lifecycle nodes",
    "on_configure": "rclpy's lifecycle nodes",
    "on_error": "rclpy's lifecycle nodes",
    "on_shutdown": "rclpy's lifecycle nodes",
}
"""Methods that a library calls by their names."""
ELSEWHERE = (
    "src/*/setup.py",
    "src/*/CMakeLists.txt",
    "launch/*.xml",
    "config/**/*.yaml",
    "docs/**/*.py",
    "examples/*.py",
)


def unused(sources: Iterable[str], elsewhere: Iterable[str] = (), faces: Iterable[str] = ()) -> list[str]:
    """Functions and classes of product sources whose name stands nowhere but where they are defined."""
    sources = list(sources)
    words = Counter(word for text in [*sources, *elsewhere] for word in re.findall(r"\w+", text))
    known = {*faces, *HOOKS}
    return [
        node.name
        for text in sources
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and words[node.name] == 1
        and node.name not in known
        and not node.name.startswith("__")
        and not any(ast.unparse(decorator).startswith("register") for decorator in node.decorator_list)
    ]


def faces() -> set[str]:
    """The names that the packages offer."""
    return {name for package in packages() for name in __import__(package).__all__}


def test_every_definition_is_used() -> None:
    sources = [path.read_text() for package in packages() for path in python_files(package)]
    others = [path.read_text() for pattern in ELSEWHERE for path in ROOT.glob(pattern) if path.is_file()]
    assert len(sources) > 300 and len(others) > 50
    assert not unused(sources, others, faces())


@pytest.mark.parametrize(
    ("more", "found"),
    [("", ["total"]), ("x.total()", []), ("def use(): return total", ["use"])],
)
def test_what_nobody_uses_is_found(more: str, found: list[str]) -> None:
    assert unused(["class Stream:\n    def total(self): return 1\nStream()", more]) == found


def test_hooks_are_defined() -> None:
    text = "\n".join(path.read_text() for package in packages() for path in python_files(package))
    assert not [name for name in HOOKS if f"def {name}(" not in text]
