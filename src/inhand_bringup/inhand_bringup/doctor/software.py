"""Python, ROS and the libraries."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress

from inhand_bringup.doctor.finding import ERROR, OK, Finding, ask

LEAST_PYTHON = (3, 11)
LIBRARIES = ("mujoco", "numpy", "torch", "opencv-python-headless", "viser", "rosbags", "mcap", "safetensors")
MODULES = {"opencv-python-headless": "cv2"}
SOURCE = "source setup.bash (in the project's root), then try again"

WHERE = """
import os, rclpy
from rclpy.utilities import get_rmw_implementation_identifier as rmw
print(os.path.dirname(rclpy.__file__)); print(rmw())
"""
INTERFACES = "import inhand_interfaces.msg, inhand_interfaces.srv; inhand_interfaces.msg.Markers()"


def python() -> Iterator[Finding]:
    """The interpreter and where it lives."""
    version = sys.version.split()[0]
    home = "a virtual environment" if sys.prefix != sys.base_prefix else "the system's own"
    if sys.version_info < LEAST_PYTHON:
        wanted = ".".join(map(str, LEAST_PYTHON))
        yield Finding(ERROR, f"Python {version} is too old", f"install Python {wanted} or later, then make build")
    else:
        yield Finding(OK, f"Python {version}, {home}: {sys.executable}")


def ros() -> Iterator[Finding]:
    """Whether rclpy works, where this ROS comes from, and whether the project's messages are built."""
    answer = ask(WHERE)
    if not answer.done:
        yield Finding(ERROR, f"rclpy does not import: {answer.complaint}", SOURCE)
        return
    folder, rmw = answer.text.splitlines()[-2:]
    origin = f"apt ({folder.split('/lib/')[0]})" if folder.startswith("/opt/ros/") else f"pip ({folder})"
    yield Finding(OK, f"ROS 2 {os.environ.get('ROS_DISTRO', 'of unknown name')} from {origin}, {rmw}")
    if shutil.which("ros2") is None:
        yield Finding(ERROR, "no `ros2` on the PATH", SOURCE)
    messages = ask(INTERFACES)
    if messages.done:
        yield Finding(OK, "the project's messages are built")
    else:
        yield Finding(ERROR, f"the project's messages do not import: {messages.complaint}", f"make build; {SOURCE}")


def version(name: str) -> str | None:
    """The version of an installed distribution, None where it is not there; Debian's OpenCV is a module alone."""
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(name)
    module = MODULES.get(name, name.replace("-", "_"))
    try:
        return str(getattr(importlib.import_module(module), "__version__", "of unknown version"))
    except ImportError:
        return None


def libraries() -> Iterator[Finding]:
    """The Python libraries and their versions; INHAND_WITHOUT names those that this machine does without."""
    there, missing = [], []
    left_out = {name.lower() for name in os.environ.get("INHAND_WITHOUT", "").split()}
    for name in (name for name in LIBRARIES if name not in left_out):
        if found := version(name):
            there.append(f"{name} {found}")
        else:
            missing.append(name)
    if there:
        yield Finding(OK, ", ".join(there))
    for name in missing:
        yield Finding(ERROR, f"{name} is not installed", "make build, or pip install -r requirements.txt")
