"""What pip cannot bring: compilers, headers and the OpenGL libraries, as Debian packages."""

import ctypes.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Need:
    """A thing the build or the rendering needs: the Debian packages that bring it and a test for its presence."""

    packages: tuple[str, ...]
    present: Callable[[], bool]


def program(name: str, *packages: str) -> Need:
    """Need a program on the PATH, or where Debian keeps those of root."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return Need(packages or (name,), lambda: shutil.which(name, path=path) is not None)


def library(name: str, *packages: str) -> Need:
    """Need a shared library that the dynamic loader finds."""
    return Need(packages, lambda: ctypes.util.find_library(name) is not None)


def file(path: str | Path, *packages: str) -> Need:
    """Need a file or folder."""
    return Need(packages, lambda: Path(path).exists())


def libpython_present() -> bool:
    """Return whether the shared library of the running Python is there (C++ programs on the ROS wheels link it)."""
    script = Path(__file__).resolve().parents[1] / "libpython.py"
    return subprocess.run([sys.executable, str(script)], capture_output=True).returncode == 0


def module_present(name: str) -> bool:
    """Return whether the base Python can import a module (Debian splits ensurepip off)."""
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True).returncode == 0


def vulkan_driver_present() -> bool:
    """Return whether the Vulkan loader finds a driver, of a graphics card or Mesa's for the CPU."""
    return any(list(Path(folder).glob("*.json")) for folder in ("/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"))


def needs() -> list[Need]:
    """Return everything that must be on the machine before pip and colcon can start."""
    return [
        program("g++"),
        program("cmake"),
        program("make"),
        program("git"),
        program("ldconfig", "libc-bin"),
        Need(("python3-venv",), lambda: module_present("ensurepip")),
        file(Path(sysconfig.get_paths()["include"]) / "Python.h", "python3-dev"),
        Need(("libpython3-dev",), libpython_present),
        file("/usr/include/eigen3/Eigen/Core", "libeigen3-dev"),
        file("/usr/include/gtest/gtest.h", "libgtest-dev"),
        file("/usr/include/gmock/gmock.h", "libgmock-dev"),
        program("ip", "iproute2"),
        file("/usr/include/fastdds/dds/domain/DomainParticipant.hpp", "libfastrtps-dev"),  # tests of DDS security
        library("EGL", "libegl1", "libegl-mesa0"),
        library("GL", "libgl1", "libgl1-mesa-dri"),
        library("GLESv2", "libgles2"),
        library("OSMesa", "libosmesa6"),
        library("vulkan", "libvulkan1"),
        Need(("mesa-vulkan-drivers",), vulkan_driver_present),
    ]


def missing() -> list[str]:
    """Return the Debian packages to install, in the order of needs()."""
    return [package for need in needs() if not need.present() for package in need.packages]


def ensure(apt_ros: Path | None) -> None:
    """Install the missing Debian packages when root; with apt ROS, rosdep does this and nothing is looked at.

    Raises:
        RuntimeError: packages are missing and this user cannot install them; the text holds the one command that does.
    """
    if apt_ros or not (packages := missing()):
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        raise RuntimeError(f"install what your system calls these Debian packages: {' '.join(packages)}")
    if os.geteuid() != 0:
        raise RuntimeError(f"Debian packages are missing; run this, then try again:\n  sudo {' '.join(install)}")
    print(f"underlay: installing Debian packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], install):
        if subprocess.run(command, env=environment).returncode != 0:
            raise RuntimeError(f"`{' '.join(command)}` failed (its output is above)")
