"""The set-up: what is done once is not done again, what was cut off is done again, what is missing is named."""

import os
import subprocess
import sys
from pathlib import Path

import patch_wheels
import pytest
from bootstrap import apt, debian, steps, where
from bootstrap.stamps import Stamps
from bootstrap.steps import Step

UNDERLAY = Path(__file__).resolve().parents[1]


@pytest.fixture
def plan(tmp_path: Path) -> list[Step]:
    """Return three steps; the second is made from a file."""
    source = tmp_path / "source.txt"
    source.write_text("one")
    return [
        Step("first", "…", lambda: None, settings=("a",)),
        Step("second", "…", lambda: None, files=(source,)),
        Step("third", "…", lambda: None),
    ]


def names(pending: list[Step]) -> list[str]:
    return [step.name for step in pending]


def finish(stamps: Stamps, pending: list[Step]) -> None:
    for step in pending:
        stamps.write(step)


def test_finished_steps_are_skipped_and_a_cut_off_run_goes_on_where_it_was(tmp_path, plan):
    stamps = Stamps(tmp_path / "stamps")
    assert names(stamps.pending(plan)) == ["first", "second", "third"]
    finish(stamps, stamps.pending(plan)[:1])
    assert names(Stamps(tmp_path / "stamps").pending(plan)) == ["second", "third"]
    finish(stamps, stamps.pending(plan))
    assert names(stamps.pending(plan)) == []


def test_a_changed_input_repeats_its_step_and_the_later_ones(tmp_path, plan):
    stamps = Stamps(tmp_path / "stamps")
    finish(stamps, stamps.pending(plan))
    (tmp_path / "source.txt").write_text("two")
    assert names(stamps.pending(plan)) == ["second", "third"]
    changed = [Step("first", "…", lambda: None, settings=("b",)), *plan[1:]]
    assert names(stamps.pending(changed)) == ["first", "second", "third"]


def test_every_direct_requirement_is_pinned_and_so_is_all_that_it_brings():
    constraints = dict(pinned(steps.CONSTRAINTS))
    for path in (steps.BUILD_TOOLS, steps.LIBRARIES, steps.TOOLS):
        for name, version in pinned(path):
            assert constraints[name] == version, f"{name} in {path.name} and constraints.txt"
    for distribution in where.WHEELS:
        wheels = dict(pinned(steps.ros_wheels(distribution)))
        assert "ros-rclpy" in wheels and len(wheels) > 80 and not set(wheels) & set(constraints)
    assert constraints["torch"] == "2.13.0"


def test_who_only_runs_the_system_installs_no_tools():
    for apt_ros in (None, Path("/opt/ros/jazzy")):
        lean, whole = (steps.plan("python3", apt_ros, tools=tools) for tools in (False, True))
        assert names(whole) == [*names(lean), "tools"]
        assert not any(steps.TOOLS in step.files for step in lean)


def test_what_nothing_reads_is_removed_and_the_rest_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "site", lambda: tmp_path)
    nested = ("scipy/a/tests/d", "scipy/a/tests/b/tests/e")
    for name in (
        "torch/test/a",
        "torch/include/b.h",
        "torch/bin/protoc",
        "torch/bin/torch_shm_manager",
        "ray/jars/c",
        *nested,
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    steps.remove_unread()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "torch/bin/torch_shm_manager"]
    steps.remove_unread()


def pinned(path: Path) -> list[tuple[str, str]]:
    """Return (normalized name, version) of every requirement of a file; fails where one has no exact version."""
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    parts = [line.split("==") for line in lines if line]
    assert all(len(part) == 2 for part in parts), f"{path}: {[part for part in parts if len(part) != 2]}"
    return [(apt.normalized(name.split("[")[0]), version) for name, version in parts]


def test_missing_packages_are_named_in_one_command_for_users_who_are_not_root(monkeypatch):
    present, absent = debian.Need(("g++",), lambda: True), debian.Need(("libegl1", "libegl-mesa0"), lambda: False)
    monkeypatch.setattr(debian, "needs", lambda: [present, absent])
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}")
    command = "sudo apt-get install -y --no-install-recommends libegl1 libegl-mesa0"
    with pytest.raises(RuntimeError, match=command):
        debian.ensure(apt_ros=None)
    debian.ensure(apt_ros=Path("/opt/ros/jazzy"))  # there rosdep does it


def test_root_installs_them(monkeypatch):
    monkeypatch.setattr(debian, "needs", lambda: [debian.Need(("libegl1",), lambda: False)])
    monkeypatch.setattr(debian.os, "geteuid", lambda: 0)
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}")
    ran: list[list[str]] = []

    def run(command, env):
        ran.append(command)
        return subprocess.CompletedProcess(command, 100 if "libegl1" in command else 0)

    monkeypatch.setattr(debian.subprocess, "run", run)
    with pytest.raises(RuntimeError, match=r"apt-get install .* libegl1` failed"):
        debian.ensure(apt_ros=None)
    assert [command[1] for command in ran] == ["update", "install"]


def test_this_machine_has_what_it_needs():
    assert debian.missing() == []


def test_a_failing_command_is_an_error_that_names_it_and_shows_its_end(tmp_path):
    with pytest.raises(RuntimeError, match="`false` failed"):
        steps.call("false")
    with pytest.raises(RuntimeError, match=r"failed; the end of .*log\.txt:\nline 2"):
        steps.call_quietly(tmp_path / "log.txt", "bash", "-c", "echo line 2; exit 1")


def test_apt_ros_is_preferred_unless_wheels_are_asked_for(tmp_path, monkeypatch):
    for distribution in ("jazzy", "lyrical"):
        (tmp_path / distribution).mkdir()
        (tmp_path / distribution / "setup.bash").touch()
    monkeypatch.setattr(where, "Path", lambda path: tmp_path if path == "/opt/ros" else Path(path))
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    monkeypatch.delenv("INHAND_UNDERLAY", raising=False)
    assert where.apt_ros() == tmp_path / "lyrical"
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    assert where.apt_ros() == tmp_path / "jazzy"
    monkeypatch.setenv("INHAND_UNDERLAY", "wheels")
    assert where.apt_ros() is None


def test_on_apt_ros_only_the_libraries_are_installed():
    plan = steps.apt_plan("python3", Path("/opt/ros/jazzy"), tools=False)
    assert [step.name for step in plan] == ["venv", "packages"], "no wheels, no patches, no drop-ins"


def test_paths_of_the_build_machine_are_replaced_and_unknown_ones_refused():
    numpy_there = "/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include"
    text = f'"/opt/python/cp311-cp311/include/python3.11;{numpy_there};/usr/lib64/libtinyxml2.so;m"'
    after = patch_wheels.patched(text)
    include, numpy_include, rest = after.strip('"').split(";")
    assert (Path(include) / "Python.h").exists() and (Path(numpy_include) / "numpy" / "arrayobject.h").exists()
    assert rest == "m"
    assert patch_wheels.patched(after) == after
    assert patch_wheels.patched(text.replace("311", "312").replace("3.11", "3.12").replace("_core", "core")) == after
    with pytest.raises(ValueError, match="left"):
        patch_wheels.patched("/opt/python/cp311-cp311/lib/libelse.so")


def test_check_says_whether_work_is_left(tmp_path):
    environment = {**os.environ, "INHAND_VENV": str(tmp_path / "venv"), "INHAND_UNDERLAY": "wheels"}
    done = subprocess.run([str(UNDERLAY / "setup"), "--check"], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (
        1,
        "underlay: to do: venv, packages, unread, cmake_paths, messages, drop_ins\n",
    )
    assert not (tmp_path / "venv").exists()


def test_the_wheels_libpython_is_found():
    found = subprocess.run([sys.executable, str(UNDERLAY / "libpython.py")], capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()).name.startswith("libpython3.11.so")


def test_the_distribution_is_the_one_asked_for_else_the_one_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(where, "VENV", tmp_path)
    monkeypatch.setattr(where, "RECORD", tmp_path / ".inhand" / "distribution")
    monkeypatch.delenv("INHAND_ROS", raising=False)
    assert where.wheels_distribution() == where.DEFAULT
    (tmp_path / ".inhand").mkdir()
    (tmp_path / ".inhand" / "packages").touch()
    assert where.wheels_distribution() == "kilted", "made before there was a choice"
    where.RECORD.write_text("jazzy\n")
    assert where.wheels_distribution() == "jazzy"
    monkeypatch.setenv("INHAND_ROS", "kilted")
    assert where.wheels_distribution() == "kilted"
    monkeypatch.setenv("INHAND_ROS", "foxy")
    with pytest.raises(RuntimeError, match="INHAND_ROS=foxy: from pip there are jazzy, kilted"):
        where.wheels_distribution()


def test_an_environment_of_another_distribution_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "VENV", tmp_path / "venv")
    monkeypatch.setattr(steps, "RECORD", tmp_path / "venv" / ".inhand" / "distribution")
    made: list[str] = []
    monkeypatch.setattr(steps, "make_venv", lambda python: made.append(python) or steps.VENV.mkdir(exist_ok=True))
    monkeypatch.setattr(steps, "held", lambda: steps.RECORD.read_text().strip() if steps.RECORD.exists() else None)
    steps.make_wheels_venv("python3", "kilted")
    (steps.VENV / "lib").mkdir()
    steps.make_wheels_venv("python3", "kilted")
    assert (steps.VENV / "lib").exists(), "the same one is completed"
    steps.make_wheels_venv("python3", "jazzy")
    assert not (steps.VENV / "lib").exists() and steps.RECORD.read_text() == "jazzy\n" and len(made) == 3


@pytest.mark.parametrize("distribution", where.WHEELS)
def test_the_shell_knows_which_distribution_the_environment_holds(distribution, tmp_path):
    (tmp_path / ".inhand").mkdir()
    (tmp_path / ".inhand" / "distribution").write_text(f"{distribution}\n")
    environment = {**os.environ, "INHAND_VENV": str(tmp_path), "ROS_DISTRO": "other"}
    script = f"source {UNDERLAY / 'env.bash'} && echo $ROS_DISTRO"
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{distribution}\n"
