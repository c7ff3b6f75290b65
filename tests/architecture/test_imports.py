"""Who may import what: the table of the packages, enforced on every import statement in src/."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"

COMMAND_LINE = {"tyro", "rich"}
CORE = {"inhand_core", "numpy", "array_api_compat", "yaml"}
DESCRIPTION = CORE | {"inhand_description", "inhand_data", "mujoco", "gymnasium_robotics", "trimesh", "coacd"}
CONTROL = CORE | {"inhand_control"}
KERNELS = {"inhand_kernels", "numpy"}
# The simulator takes calibration and relative targets from the controller's binding rather than have its own.
SIM = DESCRIPTION | KERNELS | {"inhand_sim", "inhand_control", "mujoco_warp", "warp"}
POLICY = DESCRIPTION | KERNELS | {"inhand_policy", "torch", "safetensors", "onnx", "onnxruntime"}
# Bags, images and camera geometry, which everything that records or replays shares.
DATA = CORE | {"inhand_data", "mcap", "rosbags", "lz4", "zstandard", "cv2"}
EVALUATION = {"cv2", "matplotlib", "PIL", "rerun", "scipy"}
LEARNING = SIM | POLICY | CONTROL | {"tensorboard", "ray"}
ROS_MESSAGES = {"builtin_interfaces", "diagnostic_msgs", "geometry_msgs", "lifecycle_msgs", "rcl_interfaces"} | {
    "rosgraph_msgs",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
    "tf2_msgs",
    "trajectory_msgs",
    "visualization_msgs",
    "inhand_interfaces",
}
BOUNDARY = {"cv_bridge", "ament_index_python"}
NODES = {"inhand_ros", "rclpy"} | ROS_MESSAGES | BOUNDARY

ALLOWED = {
    "inhand_core": CORE,
    "inhand_description": DESCRIPTION | COMMAND_LINE,
    "inhand_kernels": KERNELS,
    "inhand_data": DATA | COMMAND_LINE,
    "inhand_control": CONTROL | COMMAND_LINE,
    "inhand_sim": SIM | {"cv2", "fast_simplification"} | COMMAND_LINE,
    # owl is the vendor's own client of the motion capture.
    "inhand_drivers": DESCRIPTION | {"inhand_drivers", "inhand_data", "owl", "pypylon", "pysoem", "cv2"} | COMMAND_LINE,
    "inhand_vision": DESCRIPTION | KERNELS | {"inhand_vision", "torch", "safetensors", "cv2", "pyarrow"} | COMMAND_LINE,
    "inhand_policy": POLICY | COMMAND_LINE,
    "inhand_training": LEARNING | {"inhand_training", "inhand_vision"} | COMMAND_LINE,
    "inhand_eval": LEARNING
    | {"inhand_training", "inhand_vision", "inhand_data", "inhand_eval"}
    | EVALUATION
    | COMMAND_LINE,
    # Measures all the others; its own rule is that nothing imports it.
    "inhand_bench": LEARNING
    | {f"inhand_{name}" for name in ("bench", "bringup", "console", "drivers", "training", "vision", "data", "viz")}
    | {"websockets", "gymnasium"}  # which the simulator is compared with
    | NODES,
    "inhand_calibration": SIM | DATA | {"inhand_calibration", "cv2", "matplotlib", "scipy"} | COMMAND_LINE,
    "inhand_viz": DESCRIPTION | {"inhand_viz"},
    "inhand_console": DESCRIPTION
    | {"inhand_console", "inhand_viz", "inhand_control", "inhand_data"}
    | {"viser", "websockets", "trimesh", "yourdfpy", "PIL", "cv2"}
    | COMMAND_LINE,
    "inhand_gym": LEARNING | {"inhand_training", "inhand_gym", "gymnasium"},
    "inhand_bringup": CORE | {"inhand_bringup", "cryptography"} | COMMAND_LINE,
}
ROS = CORE | {"inhand_ros", "inhand_data", "rclpy"} | ROS_MESSAGES | BOUNDARY
NODE_LINES = 120


def packages() -> list[str]:
    """Names of the Python packages in src/."""
    return sorted(p.parent.name for p in SRC.glob("*/package.xml") if python_files(p.parent.name))


def python_files(package: str) -> list[Path]:
    """A package's own modules, without tests and set-up."""
    folders = (SRC / package / package, SRC / package / "binding" / package)
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level name of everything that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def allowed(package: str, path: Path) -> set[str]:
    """What one module may import besides the standard library."""
    if package == "inhand_ros":
        return ROS
    return ALLOWED[package] | (NODES if "nodes" in path.parts else set())


@pytest.mark.parametrize("package", packages())
def test_imports_are_in_the_table(package: str) -> None:
    assert package == "inhand_ros" or package in ALLOWED, f"{package} has no row in the table of this test"
    bad = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_files(package)
        for line, name in imports(path)
        if name not in sys.stdlib_module_names and name not in allowed(package, path)
    ]
    assert not bad, "not allowed here:\n" + "\n".join(bad)


def test_nothing_imports_the_benchmarks() -> None:
    """Nor does a package declare them: a robot installs without."""
    files = [p for p in SRC.glob("*/**/*.py") if p.relative_to(SRC).parts[0] != "inhand_bench"]
    assert not [str(path) for path in files for _, name in imports(path) if name == "inhand_bench"]
    manifests = [p for p in SRC.glob("*/package.xml") if p.parent.name != "inhand_bench"]
    assert not [str(path) for path in manifests if "inhand_bench" in path.read_text()]


def test_the_table_sees_something() -> None:
    """The walk finds the imports that it is to judge."""
    assert {"inhand_core", "inhand_ros", "inhand_sim", "inhand_policy"} <= set(packages())
    names = {name for path in python_files("inhand_ros") for _, name in imports(path)}
    assert {"rclpy", "numpy", "inhand_core"} <= names


def node_files() -> list[Path]:
    """All modules in folders called nodes."""
    return sorted(SRC.glob("*/*/nodes/*.py"))


def test_node_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in node_files()}
    assert len(lengths) > 5
    assert not {name: n for name, n in lengths.items() if n > NODE_LINES}


def test_core_of_the_controller_knows_neither_ros_nor_python() -> None:
    files = [p for p in (SRC / "inhand_control" / "core").rglob("*") if p.suffix in {".cpp", ".hpp", ".h"}]
    sources = [p for p in files if "test" not in p.relative_to(SRC).parts]
    assert sources
    bad = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sources
        for line in path.read_text().splitlines()
        if line.startswith("#include") and any(word in line for word in ("rcl", "rmw", "Python.h", "nanobind", "_msgs"))
    ]
    assert not bad, "\n".join(bad)
