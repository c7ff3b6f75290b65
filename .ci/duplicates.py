"""Refuse functions that exist twice: equal code of some size in two places belongs into one."""

import ast
import sys
from collections import defaultdict
from pathlib import Path

SMALLEST = 40  # syntax nodes of a body; below this, equal code is chance


def functions(path: Path) -> list[tuple[str, str, int]]:
    """Return (body without docstring as text, "name", line) of every function of a file that is big enough."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        module = ast.Module(body=body, type_ignores=[])
        if sum(1 for _ in ast.walk(module)) >= SMALLEST:
            found.append((ast.dump(module), node.name, node.lineno))
    return found


def main(folders: list[str]) -> int:
    """Print every group of equal functions; exit code 1 when there is one."""
    places: dict[str, list[str]] = defaultdict(list)
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            for body, name, line in functions(path):
                places[body].append(f"{path}:{line}: {name}")
    twice = [where for where in places.values() if len(where) > 1]
    for where in twice:
        print("the same function more than once:\n  " + "\n  ".join(where))
    return 1 if twice else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
