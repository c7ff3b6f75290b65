"""Which fields of the dataclasses in src/ are read anywhere: a reading of the code, with types where they are written.

`x.gain` is a reading of the class that `x` is annotated with, or is made from; where that cannot be told it counts for
every class with a field `gain`. A word "gain", for `getattr`, counts for the classes that its module names.
What special methods (`__len__`, `__post_init__`) read of themselves does not count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Class:
    """A class: its bases' names, its fields with their annotations, and whether it is a dataclass."""

    bases: list[str]
    is_data: bool
    fields: dict[str, ast.expr] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


class Readings(ast.NodeVisitor):
    """Walks modules; `read` holds (class name or "", field) of every reading."""

    def __init__(self, classes: dict[str, Class], names: dict[str, str] | None = None) -> None:
        self.classes = classes
        self.read: set[tuple[str, str]] = set()
        self._known: set[str] = set()
        self._class = ""
        self._names: list[dict[str, str]] = [names or {}]
        self._special = False

    def visit_Module(self, node: ast.Module) -> None:
        words = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
        words |= {item.name for item in ast.walk(node) if isinstance(item, (ast.alias, ast.ClassDef))}
        self._known = words & set(self.classes)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before, self._class = self._class, node.name
        self.generic_visit(node)
        self._class = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        before = self._special
        self._special = before or (node.name.startswith("__") and node.name != "__init__")
        names = dict(self._names[-1])
        for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
            names[argument.arg] = named(argument.annotation, self.classes)
        if self._class and node.args.args and node.args.args[0].arg == "self":
            names["self"] = self._class
        self._names.append(names)
        for target, value in (pair for child in ast.walk(node) for pair in pairs(child)):
            if isinstance(target, ast.Name):
                names[target.id] = self.type(value)
        self.generic_visit(node)
        self._names.pop()
        self._special = before

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return
        if not (self._special and isinstance(node.value, ast.Name) and node.value.id == "self"):
            self.read.add((self.type(node.value), node.attr))

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value.isidentifier():
            self.read |= {(known, node.value) for known in self._known}

    def type(self, node: ast.expr) -> str:
        """Name of the dataclass or class that an expression is of; "" where that cannot be told."""
        if isinstance(node, ast.Name):
            return self._names[-1].get(node.id, "")
        if isinstance(node, ast.BoolOp):
            return next((kind for value in node.values if (kind := self.type(value))), "")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            name = node.func.id
            if name == "load_config" and node.args:
                return named(node.args[0], self.classes)
            return name if name in self.classes else ""
        if isinstance(node, ast.Attribute) and (owner := self.type(node.value)):
            return member(owner, node.attr, self.classes)
        return ""


def named(annotation: ast.expr | None, classes: dict[str, Class]) -> str:
    """The one class of src/ that an annotation names, as in `X`, `X | None`; "" for none or several."""
    if annotation is None:
        return ""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.BinOp):
        sides = {named(side, classes) for side in (annotation.left, annotation.right)} - {""}
        return sides.pop() if len(sides) == 1 else ""
    return annotation.id if isinstance(annotation, ast.Name) and annotation.id in classes else ""


def member(owner: str, name: str, classes: dict[str, Class]) -> str:
    """Name of the class of attribute `name` of class `owner`, by its fields, its assignments and its bases."""
    entry = classes.get(owner)
    if entry is None:
        return ""
    if name in entry.fields:
        return named(entry.fields[name], classes)
    if name in entry.attributes:
        return entry.attributes[name]
    return next((found for base in entry.bases if (found := member(base, name, classes))), "")


def collect(sources: list[str]) -> tuple[dict[str, Class], list[ast.Module]]:
    """Every class of the modules (of one name: none), with what its `__init__` assigns; and the modules' trees."""
    trees = [ast.parse(source) for source in sources]
    classes: dict[str, Class] = {}
    double: set[str] = set()
    nodes: list[ast.ClassDef] = []
    for tree in trees:
        for node in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            double |= {node.name} & set(classes)
            decorators = [ast.unparse(item) for item in node.decorator_list]
            bases = [ast.unparse(base).partition("[")[0] for base in node.bases]
            entry = Class(bases, any(item.startswith("dataclass") for item in decorators))
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    entry.fields[line.target.id] = line.annotation
            classes[node.name] = entry
            nodes.append(node)
    for node in nodes:
        for name, kind in _assigned(node, classes):
            classes[node.name].attributes[name] = kind
    for name in double:
        classes[name] = Class([], classes[name].is_data)
    return classes, trees


def _assigned(node: ast.ClassDef, classes: dict[str, Class]) -> Iterator[tuple[str, str]]:
    """(attribute, class) of what `__init__` assigns to itself; of `config` where the class names its `Config`."""
    for line in node.body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "Config":
            yield "config", named(line.value, classes)
        if not (isinstance(line, ast.FunctionDef) and line.name == "__init__"):
            continue
        walker = Readings(classes, {argument.arg: named(argument.annotation, classes) for argument in line.args.args})
        for target, value in (pair for child in ast.walk(line) for pair in pairs(child)):
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                yield target.attr, walker.type(value)


def pairs(node: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    """(target, value) of an assignment, of each place where both sides are tuples."""
    if not (isinstance(node, ast.Assign) and len(node.targets) == 1):
        return []
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return list(zip(target.elts, node.value.elts))
    return [(target, node.value)]


def unread(sources: list[str]) -> list[str]:
    """Fields of dataclasses that nobody reads, as "Class.field", sorted."""
    classes, trees = collect(sources)
    walker = Readings(classes)
    for tree in trees:
        walker.visit(tree)
    read = walker.read
    found = []
    for name, entry in classes.items():
        heirs = {name, *(other for other in classes if name in _ancestors(other, classes))}
        for key in entry.fields if entry.is_data else ():
            if ("", key) not in read and not any((heir, key) in read for heir in heirs):
                found.append(f"{name}.{key}")
    return sorted(found)


def _ancestors(name: str, classes: dict[str, Class]) -> set[str]:
    bases = classes[name].bases if name in classes else []
    return set(bases).union(*(_ancestors(base, classes) for base in bases)) if bases else set()
