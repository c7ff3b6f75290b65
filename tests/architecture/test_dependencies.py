"""What a package imports, it declares: rosdep keys in package.xml, and in setup.py for pip, where most have none."""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from test_imports import BOUNDARY, ROS_MESSAGES, SRC, imports, packages, python_files

ROSDEP = {
    "cryptography": "python3-cryptography",
    "PIL": "python3-pil",
    "cv2": "python3-opencv",
    "gymnasium": "python3-gymnasium-pip",
    "gymnasium_robotics": "python3-gymnasium-robotics-pip",
    "matplotlib": "python3-matplotlib",
    "mujoco": "python3-mujoco-pip",
    "numpy": "python3-numpy",
    "onnxruntime": "python3-onnxruntime-pip",
    "pypylon": "python3-pypylon-pip",
    "rich": "python3-rich",
    "rosbags": "python3-rosbags-pip",
    "scipy": "python3-scipy",
    "tensorboard": "python3-tensorboard-pip",
    "torch": "python3-torch",
    "trimesh": "python3-trimesh-pip",
    "websockets": "python3-websockets",
    "yaml": "python3-yaml",
}
"""Keys of the libraries that rosdep knows."""
# What only some users have: GPU physics, exporters, the benchmark's rival, a vendor's client, a viewer.
OPTIONAL = {"mujoco_warp", "warp", "onnx", "onnxruntime", "gymnasium", "owl", "rerun"}
OPTIONAL_IN = {"inhand_bench": {"gymnasium_robotics"}}


def keys(package: str) -> set[str]:
    """The rosdep keys and package names that a package.xml declares."""
    root = ElementTree.parse(SRC / package / "package.xml").getroot()
    return {str(element.text) for element in root if element.tag.endswith("depend")}


def pip_names(package: str) -> set[str]:
    """What a setup.py asks pip for, in the spelling of imports; nothing where there is none."""
    path = SRC / package / "setup.py"
    calls = ast.walk(ast.parse(path.read_text())) if path.exists() else ()
    listed = [node.value for node in calls if isinstance(node, ast.keyword) and node.arg == "install_requires"]
    names = [word.value for value in listed for word in ast.walk(value) if isinstance(word, ast.Constant)]
    return {re.split(r"[=<>\[ ]", name)[0].lower().replace("-", "_") for name in names}


def undeclared(package: str) -> list[str]:
    """What a package imports and does not declare."""
    declared, pip = keys(package), pip_names(package)
    wanted = {name for path in python_files(package) for _, name in imports(path)}
    wanted -= {*sys.stdlib_module_names, package, *OPTIONAL, *OPTIONAL_IN.get(package, ())}
    known = {name: name for name in (*ROS_MESSAGES, *BOUNDARY, "rclpy")} | ROSDEP
    known |= {name: name for name in wanted if name.startswith("inhand_")}
    return sorted(name for name in wanted if (known[name] not in declared if name in known else name not in pip))


@pytest.mark.parametrize("package", packages())
def test_what_a_package_imports_it_declares(package: str) -> None:
    assert not undeclared(package)


def test_the_codecs_stand_on_the_packages_that_users_know() -> None:
    used = {name for path in python_files("inhand_ros") for _, name in imports(path)}
    assert used >= BOUNDARY and keys("inhand_ros") >= BOUNDARY
    assert {"launch", "launch_ros", "launch_xml"} <= keys("inhand_bringup")
