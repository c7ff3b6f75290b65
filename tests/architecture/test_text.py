"""What no file of the project may contain, and what every package must have."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X ", "/wo" + "rk/")
TEXT = {".py", ".cpp", ".hpp", ".md", ".yaml", ".xml", ".toml", ".bash", ".txt", ".cmake", ".msg", ".srv"}


def tracked() -> list[Path]:
    """Text files under version control; all of them where there is no git."""
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        files = [ROOT / line for line in listed.splitlines()]
    except (OSError, subprocess.CalledProcessError):
        skip = {".venv", "build", "install", "log", ".git"}
        files = [p for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.relative_to(ROOT).parts)]
    return [path for path in files if path.suffix in TEXT and path.is_file()]


def test_nothing_is_left_unfinished() -> None:
    files = tracked()
    assert len(files) > 50
    bad = [
        f"{path.relative_to(ROOT)}:{number}: {word}"
        for path in files
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for word in UNFINISHED
        if word in line
    ]
    assert not bad, "\n".join(bad)


@pytest.mark.parametrize("path", sorted(ROOT.glob("src/*/package.xml")), ids=lambda p: p.parent.name)
def test_package_manifests_are_complete(path: Path) -> None:
    root = ElementTree.parse(path).getroot()
    assert root.get("format") == "3"
    assert root.findtext("name") == path.parent.name
    assert root.findtext("license") == "Apache-2.0"
    assert root.find("export/build_type") is not None


@pytest.mark.parametrize("path", sorted(ROOT.glob("launch/*.launch.xml")), ids=lambda p: p.name)
def test_launch_files_start_what_packages_install(path: Path) -> None:
    for node in ElementTree.parse(path).getroot().iter("node"):
        package, program = node.get("pkg"), node.get("exec")
        setup = ROOT / "src" / package / "setup.py"
        declared = setup.read_text() if setup.exists() else (setup.parent / "CMakeLists.txt").read_text()
        if not setup.exists():
            declared += "".join(p.read_text() for p in setup.parent.rglob("CMakeLists.txt"))
        assert program in declared, f"{package}/{program}"
        assert node.get("output") == "screen", f"{package}/{program}: its output would be hidden"
