"""The pages of node parameters and of configuration files."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import yaml
from sources import ROOT, block, docstring, module_path, page, setup_entries, table

from inhand_core.ranges import describe

CONFIG = ROOT / "config"


def generate() -> str:
    """Return the page of the nodes and the parameters that they declare."""
    graph = yaml.safe_load((CONFIG / "graph.yaml").read_text(encoding="utf-8"))
    components = {entry["node"]: (name, entry) for name, entry in graph["profiles"]["realtime"]["components"].items()}
    common = _declared([module_path("inhand_ros.graph_component")])
    managed = _declared([module_path("inhand_ros.managed_node")])
    sections = [
        "## Every component node",
        "A node that runs a component of `config/graph.yaml` has these besides its own, and the keys of its "
        "[configuration file](configuration.md).",
        _table(common),
        "## Every lifecycle node",
        docstring(module_path("inhand_ros.managed_node"), "ManagedNode"),
        _table(managed),
    ]
    for package, name, target in setup_entries("console_scripts"):
        if ".nodes." not in target:
            continue
        path = module_path(target.partition(":")[0])
        sections.append(f"## {package}/{name}\n\n{docstring(path)}")
        if entry := components.get(f"{package}/{name}"):
            sections.append(_component(*entry))
        beside = path.with_name(f"{path.stem.removesuffix('_node')}_parameters.py")
        if declared := _declared([path, *([beside] if beside.exists() else [])]):
            sections.append(_table(declared))
    controller = (
        "The keys of [controller.yaml](configuration.md#controlleryaml) and [hand.yaml](configuration.md#handyaml)."
    )
    sections.append(f"## inhand_control/rt_node\n\nThe real-time controller, in C++.\n\n{controller}")
    intro = "Parameters are read-only unless they say otherwise: what a run was started with is what it ran with."
    return page("Nodes and parameters", intro, sections)


def configuration() -> str:
    """Return the page of the configuration files, with their comments."""
    sections = []
    for path in sorted([*CONFIG.glob("*.yaml"), *CONFIG.glob("training/*.yaml")]):
        name = path.relative_to(CONFIG)
        sections.append(f"## {name}\n\n{block(path.read_text(encoding='utf-8'), 'yaml')}")
    intro = (
        "Every default is in one of these files and nowhere else. A key that is missing, unknown or out of range is an "
        "error at start-up that names it and the valid choices."
    )
    return page("Configuration", intro, sections)


def _component(name: str, entry: dict) -> str:
    when = f"every {entry['every_ms']} ms" if "every_ms" in entry else f"on each `/{entry['on']}`"
    ports = table(
        ("port", "topic"),
        [(f"{port} (in)", f"`/{topic}`") for port, topic in entry["inputs"].items()]
        + [(f"{port} (out)", f"`/{topic}`") for port, topic in entry["outputs"].items()],
    )
    file = (
        f"; configuration: [{entry['config']}.yaml](configuration.md#{entry['config']}yaml)"
        if entry.get("config")
        else ""
    )
    return f"Component `{name}`, {when}{file}.\n\n{ports}"


def _declared(paths: list[Path]) -> list[tuple[str, str, str]]:
    """Return (name, default, description) of the `declare(node, "name", …)` calls in these files."""
    rows = []
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [
            node for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        ]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "declare_config":
                rows += _fields(node, tree)
                continue
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "declare" and len(node.args) >= 4):
                continue
            name, default, description = node.args[1:4]
            if isinstance(name, ast.Constant):
                rows.append((node.lineno, f"`{name.value}`", _default(default), _text(description, texts)))
    return [row[1:] for row in sorted(rows)]


def _fields(call: ast.Call, tree: ast.Module) -> list[tuple[int, str, str, str]]:
    """Return the rows of what a `declare_config(node, Class, …)` declares, as the docstring of the class has them."""
    name = ast.unparse(call.args[1])
    homes = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and name in {alias.name for alias in node.names}
    ]
    texts = describe(getattr(import_module(homes[0]), name))
    chosen = [
        key.value
        for node in ast.walk(call.args[2])
        if isinstance(node, ast.Tuple)
        for key in node.elts
        if isinstance(key, ast.Constant)
    ]
    shown = [field for field in texts.values() if not chosen or field.name in chosen]
    meanings = {field.name: f"{field.text} ({field.range})" if field.range else field.text for field in shown}
    return [(call.lineno, f"`{name}`", "from its configuration", text) for name, text in meanings.items()]


def _default(value: ast.expr) -> str:
    """Return a default that is written where it is declared, or where it comes from."""
    try:
        return f"`{ast.literal_eval(value)!r}`"
    except ValueError:
        return "from its configuration"


def _text(description: ast.expr, texts: list[ast.Assign]) -> str:
    """Return a description: a literal, or a variable that was given one just before."""
    if isinstance(description, ast.Constant):
        return str(description.value)
    before = [
        node
        for node in texts
        if node.lineno < description.lineno and ast.unparse(node.targets[0]) == ast.unparse(description)
    ]
    return str(max(before, key=lambda node: node.lineno).value.value) if before else ""


def _table(rows: list[tuple[str, str, str]]) -> str:
    return table(("parameter", "default", "meaning"), rows)
