"""Each package has a face: `__all__`, whose names are there, lazily where their modules are heavy; and `py.typed`."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import pytest
from test_imports import SRC, packages, python_files

from inhand_core.faces import face_imports

HEAVY = ("torch", "mujoco", "cv2", "rclpy", "viser", "ray", "matplotlib", "scipy")
EAGER = {"inhand_description", "inhand_gym", "inhand_ros"}
"""Packages whose face is what they are for: importing them may take a while."""


def face(package: str):
    """The package's `__init__.py`."""
    return next(path for path in python_files(package) if path.name == "__init__.py" and path.parent.name == package)


@pytest.mark.parametrize("package", packages())
def test_the_names_of_a_face_are_there(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__doc__ and isinstance(module.__all__, list)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None, name
    lazy = face_imports(face(package))
    assert not lazy or set(lazy) == set(module.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = module.no_such_name


def test_importing_the_faces_loads_nothing_heavy() -> None:
    names = sorted(set(packages()) - EAGER)
    assert len(names) > 12
    code = f"import sys, {', '.join(names)}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize("package", packages())
def test_types_are_shipped(package: str) -> None:
    assert (face(package).parent / "py.typed").is_file()
    if (setup := SRC / package / "setup.py").is_file():
        given = [node for node in ast.walk(ast.parse(setup.read_text())) if isinstance(node, ast.keyword)]
        assert any(node.arg == "package_data" and "py.typed" in ast.unparse(node.value) for node in given)
