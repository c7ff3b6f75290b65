"""What the documents claim about the project, held against it: packages, profiles, folders, versions, pipelines."""

from __future__ import annotations

import ast
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml
from support.commands import ROOT, documents

from inhand_core import signals
from inhand_core.config import read_yaml
from inhand_core.paths import config_file
from inhand_description.objects import OBJECTS

PACKAGES = sorted(path.parent.name for path in ROOT.glob("src/*/package.xml"))
README = (ROOT / "README.md").read_text()
# Folders that a run, a build or a user makes; the others that documents name are there.
MADE = {"bags", "build", "calibration", "data", "install", "log", "runs", "security", "share"}
FOLDER = re.compile(r"`(?!camera_)((?:[a-z_]+/)+)`")  # topics of cameras look like folders
PLACE = re.compile(r"`((?:src|config|docs|examples|launch|tests|underlay|weights|urdf|docker)/[\w./-]+)`")


def test_the_readme_lists_every_package() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `inhand_")]
    listed = {name for row in rows for name in re.findall(r"`(inhand_\w+)`", row.split("|")[1])}
    assert listed == set(PACKAGES)


def test_the_graphs_page_has_every_profile() -> None:
    text, profiles = (ROOT / "docs/graph.md").read_text(), read_yaml(config_file("graph"))["profiles"]
    assert {name for name in profiles if f"| `{name}` |" in text} == set(profiles)


def test_every_shipped_object_is_named_where_objects_are_chosen() -> None:
    for name in OBJECTS:
        assert f"`{name}`" in README and name in (ROOT / "docs/objects.md").read_text()


@pytest.mark.parametrize("path", documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_folders_and_files_that_are_named_exist(path: Path) -> None:
    text = path.read_text()
    named = {found.rstrip("/") for found in FOLDER.findall(text)}
    missing = {name for name in named if name.partition("/")[0] not in MADE and not _there(name, path)}
    missing |= {
        name for name in PLACE.findall(text) if not (ROOT / name).exists() and not (path.parent / name).exists()
    }
    assert not missing


def _there(name: str, page: Path) -> bool:
    """Whether a folder is below the root, the page's, a package or its module."""
    bases = [ROOT, page.parent, *ROOT.glob("src/*"), *ROOT.glob("src/*/*/")]
    return any((base / name).is_dir() for base in bases)


def test_the_hands_sizes_are_the_same_everywhere() -> None:
    """As docs/another-hand.md says."""
    header = (ROOT / "src/inhand_control/core/include/inhand_control/types.hpp").read_text()
    sizes = {name: int(number) for name, number in re.findall(r"constexpr std::size_t (k\w+) = (\d+)", header)}
    assert (sizes["kJoints"], sizes["kActuators"]) == (signals.N_JOINTS, signals.N_ACTUATORS)
    assert sizes["kHallChannels"] == signals.N_HALL
    messages = ROOT / "src/inhand_interfaces/msg"
    for message, field, size in (
        ("HandSensors", "hall", signals.N_HALL),
        ("HandSensors", "motor_current", signals.N_ACTUATORS),
        ("MotorCommands", "torque", signals.N_ACTUATORS),
        ("HandAction", "action", signals.N_ACTUATORS),
        ("Fingertips", "position", signals.N_FINGERTIPS),
        ("SimState", "joint_position", signals.N_JOINTS),
    ):
        assert f"[{size}] {field}\n" in (messages / f"{message}.msg").read_text()


def keywords(path: Path) -> dict[str, ast.expr]:
    """What a setup.py gives to setup(), by name."""
    words = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.keyword))
    return {word.arg: word.value for word in words if word.arg}


def test_every_package_and_the_citation_have_the_version_of_the_changelog() -> None:
    version = re.search(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    found = {path.parent.name: ElementTree.parse(path).findtext("version") for path in ROOT.glob("src/*/package.xml")}
    for path in ROOT.glob("src/*/setup.py"):
        found[f"{path.parent.name}/setup.py"] = ast.literal_eval(keywords(path)["version"])
    for path in (ROOT / "src" / name / "CHANGELOG.rst" for name in PACKAGES):  # what releases to ROS's own builds read
        title, newest = re.search(
            r"^(Changelog for package \w+)\n.*?^(\S+) \(\d{4}-\d\d-\d\d\)\n-+\n\* ", path.read_text(), re.M | re.S
        ).groups()
        assert title.endswith(f" {path.parent.name}")
        found[f"{path.parent.name}/CHANGELOG.rst"] = newest
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert set(found.values()) == {version} and citation["version"] == version, found


def test_a_package_says_the_same_of_itself_to_ros_and_to_python() -> None:
    for path in ROOT.glob("src/*/setup.py"):
        manifest, words = ElementTree.parse(path.parent / "package.xml"), keywords(path)
        keeper = manifest.find("maintainer")
        said = {name: ast.literal_eval(words[name]) for name in ("maintainer", "maintainer_email", "license")}
        assert said == {
            "maintainer": keeper.text,
            "maintainer_email": keeper.get("email"),
            "license": manifest.findtext("license"),
        }, path
        about = ast.literal_eval(words["description"]).rstrip(".")
        assert about == manifest.findtext("description").rstrip("."), path


@pytest.mark.parametrize("package", [name for name in PACKAGES if list((ROOT / "src" / name).glob("test/test_*.py"))])
def test_colcon_test_runs_the_python_tests(package: str) -> None:
    """`colcon test` takes pytest where the test dependencies name it, and unittest, which finds nothing, elsewhere."""
    folder = ROOT / "src" / package
    if (folder / "setup.py").exists():
        assert "pytest" in ast.literal_eval(keywords(folder / "setup.py")["extras_require"])["test"]
    else:
        assert "ament_add_pytest_test(test_python test" in (folder / "CMakeLists.txt").read_text()
    assert "<test_depend>python3-pytest</test_depend>" in (folder / "package.xml").read_text()


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.citation-file-format", "CITATION.cff"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("custom.github-workflows-require-timeout", ".github/workflows/ci.yml"),
    ],
)
def test_files_for_others_programs_are_valid(schema: str, file: str) -> None:
    command = ["check-jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pipeline_runs_what_contributors_run() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert ".ci/run" in [step.get("run") for step in jobs["debian"]["steps"]]
    assert jobs["ros"]["strategy"]["matrix"]["distro"] == ["jazzy", "kilted"]
    commands = " ".join(step.get("run", "") for step in jobs["ros"]["steps"])
    assert "make build" in commands and "make test" in commands and "rosdep install --from-paths src" in commands


def test_the_hooks_of_a_commit_are_those_of_the_lint() -> None:
    lint = (ROOT / ".ci/lint").read_text()
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = {hook["id"]: hook for hook in repository["hooks"]}
    assert repository["repo"] == "local" and all(hook["language"] == "system" for hook in hooks.values())
    assert {"ruff-check", "ruff-format", "clang-format", "duplicates"} == set(hooks)
    for words in ("ruff check", "ruff format", "clang-format", ".ci/duplicates.py src underlay tests docs examples"):
        assert words in lint and any(words in hook["entry"] for hook in hooks.values()), words


def test_the_film_is_small_and_moves() -> None:
    from PIL import Image

    path = ROOT / "docs/images/ten_goals.webp"
    assert path.stat().st_size < 2_000_000 and Image.open(path).n_frames > 100
