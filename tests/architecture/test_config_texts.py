"""Each field of a configuration has its text once: in its class's docstring, or in the file that this names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from test_imports import packages, python_files

from inhand_core.comments import file_comments
from inhand_core.config import read_yaml
from inhand_core.paths import config_file
from inhand_core.ranges import text_place


def places() -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    """Class, docstring, file, section and fields of every class that has its texts in a file."""
    for package in packages():
        for path in python_files(package):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and (place := text_place(doc := ast.get_docstring(node) or "")):
                    fields = [f.target.id for f in node.body if isinstance(f, ast.AnnAssign)]  # type: ignore[union-attr]
                    yield node.name, doc, *place, tuple(fields)


PLACES = list(places())


def test_there_are_such_classes() -> None:
    assert len(PLACES) > 20 and {"GoalConfig", "HandDriverConfig", "BaslerConfig"} <= {place[0] for place in PLACES}


@pytest.mark.parametrize(("name", "doc", "file", "section", "fields"), PLACES, ids=[place[0] for place in PLACES])
def test_a_field_has_its_text_once(name: str, doc: str, file: str, section: str, fields: tuple[str, ...]) -> None:
    path = config_file(file)
    content, comments = read_yaml(path), file_comments(path)
    for part in section.split(".") if section else ():
        content = content[part]
    described = {word for line in doc.partition("Attributes:")[2].splitlines() for word in _names(line)}
    prefix = f"{section}." if section else ""
    for key, value in content.items():
        commented = f"{prefix}{key}" in comments
        assert not (commented and key in described), f"{name}.{key}: text in {path.name} and in the docstring"
        nested = isinstance(value, dict)
        assert commented or key in described or nested, f"{name}.{key}: no text in {path.name}, nor in the docstring"
    assert fields


def _names(line: str) -> list[str]:
    head, colon, _ = line.strip().partition(": ")
    names = [name.strip() for name in head.split(",")]
    return names if colon and all(name.isidentifier() for name in names) else []
