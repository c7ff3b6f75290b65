"""The page of the Python packages: the names on each one's face, with signatures and docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from sources import SRC, block, module_path, page

LONGEST = 100


def generate() -> str:
    """Return the page."""
    intro = (
        "What `import inhand_…` offers; modules have more, each name with its docstring. A package loads the module "
        "of a name when the name is first used."
    )
    return page("Python", intro, (_package(path) for path in faces() if _names(path)))


def faces() -> Iterator[Path]:
    """Yield the `__init__.py` of each package."""
    for package in sorted(path.parent for path in SRC.glob("*/package.xml")):
        for base in (package / package.name, package / "binding" / package.name):
            if (base / "__init__.py").is_file():
                yield base / "__init__.py"


def _package(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    homes = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    parts = [f"## {path.parent.name}", ast.get_docstring(tree) or ""]
    for name in _names(path):
        module, own = homes.get(name, (path.parent.name, name))
        parts.append(_entry(path.parent.name, name, module, own))
    return "\n\n".join(part for part in parts if part)


def _entry(package: str, name: str, module: str, own: str) -> str:
    """Return heading, signature and docstring of one name."""
    heading = f"### {package}.{name}"
    if module.rpartition(".")[2].startswith("_"):
        return f"{heading}\n\nCompiled; its text is its `__doc__`."
    path = module_path(module)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == own:
            return "\n\n".join(
                (heading, block(_signature(node), "python"), *_text(ast.get_docstring(node)), f"In `{module}`.")
            )
        if isinstance(node, ast.Assign | ast.AnnAssign) and own in ast.unparse(node).partition("=")[0]:
            return f"{heading}\n\n{block(ast.unparse(node)[:LONGEST], 'python')}\n\nIn `{module}`."
    return f"{heading}\n\nIn `{module}`."


def _signature(node: ast.ClassDef | ast.FunctionDef) -> str:
    if isinstance(node, ast.FunctionDef):
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"def {node.name}({ast.unparse(node.args)}){returns}"
    made = [item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"]
    if made:
        arguments = ast.unparse(made[0].args).removeprefix("self").removeprefix(", ")
        return f"class {node.name}({arguments})"
    fields = [ast.unparse(item) for item in node.body if isinstance(item, ast.AnnAssign)]
    return f"class {node.name}" + "".join(f"\n    {field}" for field in fields)


def _text(doc: str | None) -> list[str]:
    """The docstring as it is written: its sections are indented text."""
    return [block(doc, "text")] if doc else []


def _names(path: Path) -> list[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        named = isinstance(node, ast.Assign | ast.AnnAssign) and ast.unparse(node).startswith(("__all__ ", "__all__:"))
        if named and node.value is not None:
            return list(ast.literal_eval(node.value))
    return []
