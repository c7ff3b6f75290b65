"""Beside ROS from apt: pip brings what apt does not have, and nothing that stands before what ROS was built with."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bootstrap import apt, steps


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """The folder that stands for /usr/lib/python3/dist-packages, as noble fills it."""
    folder = tmp_path / "dist-packages"
    for name, version in (
        ("numpy", "1.26.4"),
        ("scipy", "1.11.4"),
        ("yaml", "6.0.1"),
        ("rich", None),
        ("ray", "crash"),
    ):
        (folder / name).mkdir(parents=True)
        text = f"__version__ = {version!r}\n" if version else "raise RuntimeError('built for another NumPy')\n"
        text = "import os\nos.abort()\n" if version == "crash" else text
        (folder / name / "__init__.py").write_text(text)
    (folder / "cv2.py").write_text("__version__ = '4.6.0'\n")  # Debian ships one file and no metadata
    (folder / "matplotlib").mkdir()  # a folder is no library
    return folder


@pytest.fixture
def system(brought: Path, tmp_path: Path) -> str:
    """A Python that has what apt brought and nothing else."""
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{brought}" exec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return str(python)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    return path


def test_what_imports_stays_and_binds_pip(system, tmp_path):
    wanted = "numpy==2.4.6\nopencv-python-headless==5.0.0.93  # images\nPyYAML==6.0.3\nmujoco==4.0.0\n"
    choice = apt.choose(system, write(tmp_path, wanted))
    assert choice.requirements == ["mujoco==4.0.0"]
    assert {"numpy==1.26.4.*", "scipy==1.11.4.*", "PyYAML==6.0.1.*"} <= set(choice.constraints)
    assert {"opencv-python==4.6.0.*", "opencv-python-headless==4.6.0.*"} <= set(choice.constraints)


def test_what_does_not_import_is_not_there(system, tmp_path):
    choice = apt.choose(system, write(tmp_path, "rich==14.3.4\nray==2.60.0\nmatplotlib==3.11.2\n"))
    assert choice.requirements == ["rich==14.3.4", "ray==2.60.0", "matplotlib"], (
        "one of the kept is asked for in any version that fits"
    )
    assert not [line for line in choice.constraints if line.startswith("matplotlib")]


def test_what_is_left_out_is_not_installed_and_another_choice_is_another_installation(monkeypatch, tmp_path):
    path = write(tmp_path, "torch==2.13.0\nPyYAML==6.0.3\nray==2.60.0  # workers\n")
    whole = steps.wheels_plan("python3", tools=False)
    monkeypatch.setenv("INHAND_WITHOUT", "Torch ray")
    assert apt.wanted(path) == ["PyYAML==6.0.3"]
    lean = steps.wheels_plan("python3", tools=False)
    assert [step.settings for step in lean if step.name == "packages"] == [("ray", "torch")]
    assert [step.settings for step in whole if step.name == "packages"] == [()]


def test_the_projects_own_environment_does_not_count(system, tmp_path, monkeypatch):
    site = tmp_path / "venv" / "lib" / "python3.12" / "site-packages"
    (site / "mujoco").mkdir(parents=True)
    (site / "mujoco" / "__init__.py").write_text("__version__ = '4.0.0'\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    assert "mujoco" in apt.probe(system, ["mujoco"])
    monkeypatch.setattr(apt, "VENV", tmp_path / "venv")  # as after `source setup.bash`
    assert "mujoco" not in apt.probe(system, ["mujoco"])


def test_an_environment_that_stands_before_apts_is_refused(system, tmp_path):
    site = tmp_path / "site-packages"
    (site / "numpy").mkdir(parents=True)
    (site / "numpy" / "__init__.py").write_text("__version__ = '2.5.5'\n")
    (site / "scipy").mkdir()
    (site / "scipy" / "__init__.py").write_text("raise ValueError('numpy.dtype size changed')\n")
    with pytest.raises(RuntimeError, match=r"numpy 1\.26\.4 of apt is now 2\.5\.5; scipy 1\.11\.4 .* broken"):
        apt.check(system, site)


def test_the_installation_is_bound_and_looked_at(system, tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "VENV", tmp_path / "venv")
    site = tmp_path / "venv" / "lib" / "python3.12" / "site-packages"
    asked: list[tuple] = []

    def pip(*arguments):
        asked.append(arguments)
        (site / "numpy").mkdir(parents=True)
        (site / "numpy" / "__init__.py").write_text("__version__ = '2.5.5'\n")  # a pip that does not obey

    monkeypatch.setattr(steps, "pip_install", pip)
    with pytest.raises(RuntimeError, match="numpy"):
        steps.install_beside_apt(system, write(tmp_path, "mujoco==4.0.0\n"))
    *requirements, flag, constraints = asked[0]
    assert (requirements, flag) == (["mujoco==4.0.0"], "-c")
    assert "numpy==1.26.4.*\n" in constraints.read_text()


def test_rosdep_is_told_to_skip_what_pip_brings_in_tested_versions():
    setup = Path(steps.__file__).resolve().parents[1] / "setup"
    done = subprocess.run([sys.executable, setup, "--keys"], capture_output=True, text=True, check=True, timeout=60)
    keys = done.stdout.split()
    assert {"python3-mujoco-pip", "python3-rosbags-pip", "python3-torch"} <= set(keys)
    assert not {"python3-numpy", "python3-opencv", "rclpy"} & set(keys)


def test_every_library_is_looked_for_by_a_module_that_it_has():
    if "INHAND_WHEELS_CMAKE" not in os.environ:
        pytest.skip("with ROS from apt not all come from pip")
    wanted = {apt.module(line) for line in apt.lines(steps.LIBRARIES)}
    assert [name for name in sorted(wanted) if importlib.util.find_spec(name) is None] == []
