"""The container files, without Docker: linted, valid, and naming nothing that is not there. They are not built here."""

from __future__ import annotations

import fnmatch
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from support.commands import ROOT, check
from support.processes import Processes, wait_for

from inhand_bringup.security.commands import environment
from inhand_bringup.security.policy import load_security
from inhand_core.graph import load_graph

DOCKER = ROOT / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
COMPOSE = sorted(DOCKER.glob("*.compose.yaml"))
SCRIPTS = sorted(path for path in DOCKER.rglob("*") if path.is_file() and path.read_bytes()[:2] == b"#!")
NAMED = {path: path.name for path in [*DOCKERFILES, *COMPOSE, *SCRIPTS]}


def instructions(path: Path) -> list[tuple[str, str]]:
    """(instruction, arguments) of a Dockerfile, continuation lines joined."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line.strip())
    ]


def services() -> list[tuple[str, str, dict]]:
    """(file, name, definition) of every service."""
    return [
        (path.name, name, service)
        for path in COMPOSE
        for name, service in yaml.safe_load(path.read_text())["services"].items()
    ]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out of the build."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    return any(fnmatch.fnmatch(path, pattern) or path.startswith(f"{pattern}/") for pattern in patterns)


def test_there_are_files_to_test() -> None:
    assert {path.name for path in DOCKERFILES} == {"robot.Dockerfile", "training.Dockerfile"}
    assert len(COMPOSE) == 2 and len(SCRIPTS) == 4


@pytest.mark.parametrize("path", DOCKERFILES, ids=NAMED.get)
def test_a_dockerfile_is_clean(path: Path) -> None:
    done = subprocess.run(["hadolint", "--no-color", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", COMPOSE, ids=NAMED.get)
def test_a_compose_file_fits_the_schema(path: Path) -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SCRIPTS, ids=NAMED.get)
def test_a_script_is_sound(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert subprocess.run(["bash", "-n", str(path)], capture_output=True).returncode == 0


@pytest.mark.parametrize("path", DOCKERFILES, ids=NAMED.get)
def test_what_is_copied_is_there(path: Path) -> None:
    copies = [rest.split() for word, rest in instructions(path) if word == "COPY" and "--from=" not in rest]
    assert copies
    for words in copies:
        for source in [word for word in words if not word.startswith("--")][:-1]:
            assert (ROOT / source).exists(), source
            assert not ignored(source), f"{source} is in .dockerignore"


@pytest.mark.parametrize("path", DOCKERFILES, ids=NAMED.get)
def test_an_image_ends_as_a_user_with_a_health_check(path: Path) -> None:
    last = dict(instructions(path))  # the last of each instruction counts
    assert last["USER"] == "${UID}"
    assert "HEALTHCHECK" in last and "ENTRYPOINT" in last


@pytest.mark.parametrize("path", DOCKERFILES, ids=NAMED.get)
def test_every_stage_is_on_a_tagged_image_or_an_earlier_stage(path: Path) -> None:
    defaults: dict[str, str] = {}
    stages: set[str] = set()
    for word, rest in instructions(path):
        rest = re.sub(r"\$\{(\w+)\}", lambda variable: defaults.get(variable[1], ""), rest)
        if word == "ARG":
            name, _, value = rest.partition("=")
            defaults[name] = value
        elif word == "FROM":
            base, *name = rest.split()
            assert base in stages or re.fullmatch(r"[a-z/]+:[\w.-]+", base), base
            stages.update(name[1:])


@pytest.mark.parametrize("path", [*DOCKERFILES, ROOT / "docs" / "deploy.md"], ids=lambda path: path.name)
def test_build_arguments_that_are_named_are_there(path: Path) -> None:
    given = set(re.findall(r"--build-arg (\w+)=", path.read_text()))
    there = {rest.partition("=")[0] for file in DOCKERFILES for word, rest in instructions(file) if word == "ARG"}
    assert given <= there


@pytest.mark.parametrize("path", DOCKERFILES, ids=NAMED.get)
def test_programs_that_an_image_starts_are_there(path: Path) -> None:
    last = dict(instructions(path))
    entry, command = (re.findall(r'"([^"]+)"', last[word]) for word in ("ENTRYPOINT", "CMD"))
    assert (DOCKER / entry[0]).is_file() or shutil.which(entry[0]), entry
    check(" ".join([*(entry if entry == ["inhand"] else []), *command]))
    for program in re.findall(r'"([^"]+)"', last["HEALTHCHECK"]):
        assert (DOCKER / program).is_file(), program
    runs = " && ".join(rest for word, rest in instructions(path) if word == "RUN")
    programs = re.findall(r"(?:^|&& )(docker/\S+|make \S+)", runs)
    assert programs
    for program in programs:
        check(program)


@pytest.mark.parametrize(("file", "name", "service"), services(), ids=lambda v: v if isinstance(v, str) else "")
def test_a_service_starts_what_there_is(file: str, name: str, service: dict) -> None:
    check(" ".join(service["command"]))
    assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    assert service["ulimits"] == {"rtprio": 98, "memlock": -1}
    assert "privileged" not in service
    nodes = {component.node.partition("/")[2].removesuffix("_node") for component in load_graph("realtime").components}
    nodes = {f"/{name}" for name in nodes - {"rt"}} | {"/controller"}
    assert set(service["environment"]["INHAND_HEALTH"].split()) <= nodes


def test_the_two_hosts_of_the_robot_are_split_as_the_launch_file_splits_them() -> None:
    robot = {name: service for file, name, service in services() if file == "robot.compose.yaml"}
    assert set(robot) == {"hand", "policy"}
    for name, service in robot.items():
        assert service["profiles"] == [name]
        assert f"host:={name}" in service["command"]
        given = service["environment"]
        assert name in load_security().enclaves
        for line in environment(Path("/inhand/security"), name):
            variable, _, value = line.partition("=")
            assert given[variable] in (value, f"${{{variable}:-false}}"), variable
        assert given["ROS_STATIC_PEERS"].startswith("${INHAND_PEER:?")
    assert robot["policy"]["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]
    assert "user" not in robot["policy"]


@pytest.fixture
def entry() -> Iterator[Path]:
    """The entry point beside a workspace, where other users may read it: pytest's own folders are root's alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "setup.bash").write_text("export SOURCED=yes\n")
        yield Path(shutil.copy(DOCKER / "robot-entrypoint", folder))


def started(entry: Path, before: list[str], script: str, **given: str) -> list[str]:
    """The lines that a script prints which the entry point runs, itself started after the words `before`."""
    environment = {"PATH": os.environ["PATH"], "INHAND_WORKSPACE": str(entry.parent), **given}
    command = [*before, entry, "bash", "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
@pytest.mark.parametrize(("capabilities", "effective"), [("", 0), ("+net_raw", 1 << 13)])
def test_the_entry_point_is_never_root(entry: Path, capabilities: str, effective: int) -> None:
    script = "id -un; echo $SOURCED; echo $HOME; grep CapEff /proc/self/status"
    given = {"INHAND_USER": "nobody", "INHAND_CAPABILITIES": capabilities, "HOME": "/root"}
    user, sourced, home, capability = started(entry, [], script, **given)
    assert (user, sourced, home) == ("nobody", "yes", pwd.getpwnam("nobody").pw_dir)
    assert int(capability.split()[1], 16) == effective


def test_the_entry_point_finds_the_home_that_an_engine_does_not_name(entry: Path) -> None:
    user = pwd.getpwuid(os.geteuid() or pwd.getpwnam("nobody").pw_uid)
    before = [] if os.geteuid() else ["setpriv", f"--reuid={user.pw_uid}"]
    assert started(entry, before, "echo $HOME") == [user.pw_dir]
    assert started(entry, before, "echo $HOME", HOME="/elsewhere") == ["/elsewhere"]


def test_the_health_check_sees_who_is_there(processes: Processes) -> None:
    command = ["ros2", "run", "inhand_policy", "smoother_node", "--ros-args", "-r", "__node:=smoother_in_health"]
    processes.start("smoother", command)

    def healthy(names: str) -> subprocess.CompletedProcess:
        given = {"PATH": "/no/programs", "INHAND_HEALTH": names}  # not `ros2`, nor anything else that costs
        return subprocess.run([DOCKER / "robot-health"], env=given, capture_output=True, text=True, timeout=60)

    assert healthy("").returncode == 0
    wait_for(lambda: healthy("/smoother_in_health").returncode == 0, 60.0, processes.logs)
    missing = healthy("/smoother_in_health /controller_nowhere")
    assert missing.returncode == 1
    assert missing.stdout.startswith("/controller_nowhere is not there; there are: ")
    assert "/smoother_in_health" in missing.stdout


def test_the_health_check_knows_namespaces(processes: Processes) -> None:
    words = ["-c", "import time; time.sleep(60)", "--ros-args", "-r", "__node:=hand_in_health", "-r", "__ns:=/left"]
    processes.start("other", ["python3", *words])
    given = {"PATH": "/no/programs", "INHAND_HEALTH": "/left/hand_in_health"}
    command = [DOCKER / "robot-health"]
    wait_for(lambda: subprocess.run(command, env=given, timeout=60).returncode == 0, 30.0, processes.logs)


def test_what_an_image_leaves_out_is_something_that_is_installed_elsewhere() -> None:
    """Misspelt, it would be in the image; and the hand's host needs no network's library, nor CUDA."""
    text = (ROOT / "requirements.txt").read_text()
    known = {re.split(r"[=\[]", line)[0].lower() for line in text.splitlines() if line and not line.startswith("#")}
    robot = DOCKER / "robot.Dockerfile"
    defaults = {rest.partition("=")[2].strip('"') for word, rest in instructions(robot) if rest.startswith("WITHOUT=")}
    (default,) = defaults
    hand = next(service for _, name, service in services() if name == "hand")["build"]["args"]["WITHOUT"]
    assert set(default.split()) | set(hand.split()) <= known
    assert "torch" in hand.split()


def test_the_robots_image_holds_nothing_that_develops_it() -> None:
    robot = instructions(DOCKER / "robot.Dockerfile")
    runs = " ".join(rest for word, rest in robot if word == "RUN")
    assert "--tools" not in runs and "libosmesa6" not in runs  # the latter is gone from newer distributions
    removed = re.search(r"make build && rm -rf (.*)", runs)[1].split()
    assert {"src", "tests", "build", "requirements-dev.txt", ".ci"} <= set(removed)
    last = max(index for index, (word, _) in enumerate(robot) if word == "FROM")
    assert not [rest for word, rest in robot[last:] if word == "RUN" and "apt-get" in rest]


def test_what_is_installed_without_ros_needs_none() -> None:
    """The packages of the training image import no ROS outside their nodes, which tests/architecture enforces."""
    script = (DOCKER / "install-without-ros").read_text()
    names = re.search(r"packages=\((.*?)\)", script)[1].split()
    assert {"core", "sim", "policy", "training", "eval", "bringup"} <= set(names)
    for name in names:
        assert (ROOT / "src" / f"inhand_{name}" / "setup.py").is_file(), name
    assert not {"ros", "console", "interfaces", "drivers"} & set(names)
