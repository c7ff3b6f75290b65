"""Where things are: this checkout, its virtual environment, a ROS from apt, and the Python to use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(os.environ.get("INHAND_VENV", ROOT / ".venv"))
APT_DISTRIBUTIONS = ("lyrical", "jazzy")  # newest first
WHEELS_PYTHON = (3, 11)  # the ROS wheels exist for CPython 3.11 only


def apt_ros() -> Path | None:
    """Return the prefix of a ROS installed by apt (/opt/ros/<distribution>), or None.

    A sourced ROS (ROS_DISTRO) comes before what lies on the disk, and INHAND_UNDERLAY=wheels hides both.
    """
    if os.environ.get("INHAND_UNDERLAY") == "wheels":
        return None
    sourced = os.environ.get("ROS_DISTRO")
    for distribution in filter(None, (sourced, *APT_DISTRIBUTIONS)):
        prefix = Path("/opt/ros") / distribution
        if (prefix / "setup.bash").exists():
            return prefix
    return None


def python_version(executable: str) -> tuple[int, int] | None:
    """Return (major, minor) of a Python executable, or None where it does not run."""
    try:
        script = "import sys; print(*sys.version_info[:2])"
        out = subprocess.run([executable, "-c", script], capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = out.stdout.split()
    return int(major), int(minor)


def find_python() -> str:
    """Return the Python that the virtual environment is made with.

    With apt ROS that is the system's python3 (its rclpy is built for no other); else a CPython 3.11: the running one,
    then python3.11 and python3 of the PATH.

    Raises:
        RuntimeError: no CPython 3.11 where one is needed.
    """
    if apt_ros():
        return "/usr/bin/python3"
    if sys.version_info[:2] == WHEELS_PYTHON:
        return os.path.realpath(sys._base_executable)
    for name in ("python3.11", "python3"):
        if (found := shutil.which(name)) and python_version(found) == WHEELS_PYTHON:
            return found
    raise RuntimeError(
        f"the ROS wheels need CPython 3.11; found {sys.version.split()[0]} at {sys.executable} and no python3.11 on "
        "the PATH (Debian 12 has it; elsewhere pyenv or uv install one, or install ROS Jazzy or Lyrical by apt)"
    )
