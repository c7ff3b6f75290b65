"""Where things are: this checkout, its virtual environment, a ROS from apt, and the Python to use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(os.environ.get("INHAND_VENV", ROOT / ".venv"))
APT_DISTRIBUTIONS = ("lyrical", "jazzy")  # newest first
WHEELS = {"jazzy": ((3, 11), (3, 12)), "kilted": ((3, 11),)}
"""The distributions whose wheels are on PyPI, and the CPythons that they are built for, the preferred one first."""
DEFAULT = "kilted"
RECORD = VENV / ".inhand" / "distribution"
"""Which distribution the environment holds; setup.bash reads it too."""


def held() -> str | None:
    """Return the distribution whose wheels are in the environment; None where there are none."""
    if RECORD.exists():
        return RECORD.read_text().strip()
    return "kilted" if (VENV / ".inhand" / "packages").exists() else None  # made when there was no other


def wheels_distribution() -> str:
    """Return the distribution that comes from pip: INHAND_ROS, else that of the environment there is, else DEFAULT.

    Raises:
        RuntimeError: INHAND_ROS is none of WHEELS.
    """
    if asked := os.environ.get("INHAND_ROS"):
        if asked not in WHEELS:
            raise RuntimeError(f"INHAND_ROS={asked}: from pip there are {', '.join(WHEELS)}")
        return asked
    return held() or DEFAULT


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

    With apt ROS that is the system's python3 (its rclpy is built for no other); else one that the wheels are built for:
    the running one, then those of the PATH.

    Raises:
        RuntimeError: there is none that is needed.
    """
    if apt_ros():
        return "/usr/bin/python3"
    distribution = wheels_distribution()
    wanted = WHEELS[distribution]
    if sys.version_info[:2] in wanted:
        return os.path.realpath(sys._base_executable)
    for version in wanted:
        for name in (f"python{version[0]}.{version[1]}", "python3"):
            if (found := shutil.which(name)) and python_version(found) == version:
                return found
    versions = " or ".join(f"{major}.{minor}" for major, minor in wanted)
    raise RuntimeError(
        f"the wheels of ROS 2 {distribution} need CPython {versions}; found {sys.version.split()[0]} at "
        f"{sys.executable} and no other on the PATH (Debian 12 has 3.11; elsewhere pyenv or uv install one, or install "
        "ROS Jazzy or Lyrical by apt)"
    )
