"""What no file of the project may contain, and what every package must have."""

from __future__ import annotations

import ast
import re
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


PACKAGES = sorted(path.parent.name for path in ROOT.glob("src/*/package.xml"))


def test_the_readme_lists_the_packages() -> None:
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `inhand_")]
    listed = [name for row in rows for name in re.findall(r"`(inhand_\w+)`", row.split("|")[1])]
    assert sorted(listed) == PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_no_ros_is_said_of_packages_without_ros(package: str) -> None:
    """And a manifest says the same of a package as its setup.py."""
    said = ElementTree.parse(ROOT / "src" / package / "package.xml").getroot().findtext("description") or ""
    if "No ROS" in said:
        sources = [path.read_text() for path in (ROOT / "src" / package).rglob("*.py") if "test" not in path.parts]
        assert sources and not [text for text in sources if re.search(r"^\s*(import|from) rclpy", text, re.MULTILINE)]
    if (setup := ROOT / "src" / package / "setup.py").is_file():
        calls = [node for node in ast.walk(ast.parse(setup.read_text())) if isinstance(node, ast.keyword)]
        told = next(str(ast.literal_eval(node.value)) for node in calls if node.arg == "description")
        assert told.rstrip(".") == " ".join(said.split()).rstrip(".")


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md", ".ci/lint"])
def test_folders_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    named = re.findall(
        r"`((?:src|tests|docs|config|launch|underlay|docker|examples|\.ci|urdf|weights)/[\w./-]*)`", text
    )
    named += re.search(r"duplicates\.py (.*)", text)[1].split() if name == ".ci/lint" else re.findall(r"`(\w+)/`", text)
    made = {"nodes", "build", "install", "log", "runs", "bags"}
    assert not [path for path in named if not (ROOT / path).exists() and path not in made]


def test_the_number_of_profiles_is_nowhere_told() -> None:
    """It changes; config/graph.yaml has them."""
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        assert not re.search(r"\b(two|three|four) profiles", path.read_text(), re.IGNORECASE), path.name
