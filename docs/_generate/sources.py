"""Reading the workspace's sources for the reference: nothing here imports ROS or the packages of src/."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
# receiver.create_publisher(Type, "name", …) and its like; value: what the name is.
CALLS = {"create_publisher": "publisher", "create_subscription": "subscription", "create_service": "service"}
IN_CPP = re.compile(r'ROSIDL_GET_(MSG|SRV)_TYPE_SUPPORT\(\s*(\w+),\s*\w+,\s*(\w+)\s*\)[^"]*?"([\w/]+)"', re.DOTALL)


@dataclass(frozen=True)
class Endpoint:
    """A topic or service that a source file creates under a fixed name."""

    role: str
    name: str
    type: str
    package: str


def modules(package: Path) -> list[Path]:
    """Return a package's Python files, without its tests."""
    return sorted(path for path in package.rglob("*.py") if "test" not in path.relative_to(package).parts)


def endpoints() -> list[Endpoint]:
    """Return all endpoints with names that are literals, sorted by name."""
    found = set()
    for package in sorted(path.parent for path in SRC.glob("*/package.xml")):
        for path in modules(package):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                role = CALLS.get(getattr(node.func, "attr", ""))
                if role and len(node.args) > 1 and (name := _name(node.args[1])):
                    kind = ast.unparse(node.args[0]).removesuffix("Message")
                    if kind[0].isupper():  # not a variable
                        found.add(Endpoint(role, f"/{name.lstrip('/')}", kind, package.name))
        for path in sorted(package.rglob("*.cpp")):
            if "test" in path.relative_to(package).parts:
                continue
            for kind, _, name, topic in IN_CPP.findall(path.read_text(encoding="utf-8")):
                role = "service" if kind == "SRV" else "publisher"
                found.add(Endpoint(role, f"/{topic.lstrip('/')}", name, package.name))
    return sorted(found, key=lambda endpoint: (endpoint.name, endpoint.package, endpoint.role))


def _name(argument: ast.expr) -> str:
    """Return the name that an argument spells out, with <name> for what is filled in; empty where it is computed."""
    if isinstance(argument, ast.Constant):
        return str(argument.value)
    if isinstance(argument, ast.JoinedStr):
        parts = (f"<{ast.unparse(p.value)}>" if isinstance(p, ast.FormattedValue) else p.value for p in argument.values)
        return "".join(parts).replace("<info.name>", "<camera>")
    return ""


def docstring(path: Path, name: str | None = None) -> str:
    """Return the docstring of a module, or of the class or function `name` in it; empty where there is none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if name is None:
        return ast.get_docstring(tree) or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
    raise KeyError(f"{path}: no class or function {name}")


def module_path(name: str) -> Path:
    """Return the file of a module given as "package.module.module".

    Raises:
        KeyError: there is none.
    """
    package, _, rest = name.partition(".")
    for base in (SRC / package / package, SRC / package / "binding" / package):
        for path in (base / f"{rest.replace('.', '/')}.py", base / rest.replace(".", "/") / "__init__.py"):
            if path.is_file():
                return path
    raise KeyError(f"no module {name} below {SRC}")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; what would end a cell is escaped."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def page(title: str, intro: str, sections: Iterable[str]) -> str:
    """Return a Markdown page."""
    return "\n\n".join([f"# {title}", intro, *sections]) + "\n"


def block(text: str, language: str = "") -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.rstrip()}\n```"


def setup_entries(group: str) -> Iterator[tuple[str, str, str]]:
    """Yield (package, name, "module:attribute") of the entry points of a group that the setup.py files declare."""
    for path in sorted(SRC.glob("*/setup.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Dict):
                continue
            for key, value in zip(node.keys, node.values):
                if isinstance(key, ast.Constant) and key.value == group and isinstance(value, ast.List):
                    for item in value.elts:
                        name, _, target = str(ast.literal_eval(item)).partition("=")
                        yield path.parent.name, name.strip(), target.strip()
