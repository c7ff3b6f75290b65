"""The package by itself, as a build farm has it: without the rest of the repository."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def test_the_package_alone_installs_launch_files_settings_models_and_weights(tmp_path: Path) -> None:
    alone = tmp_path / "inhand_bringup"
    shutil.copytree(PACKAGE, alone, ignore=shutil.ignore_patterns("test", "__pycache__", "*.egg-info"))
    command = [sys.executable, "setup.py", "-q", "install_data", "--install-dir", str(tmp_path / "prefix")]
    done = subprocess.run(command, cwd=alone, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    share = tmp_path / "prefix" / "share" / "inhand_bringup"
    for top in ("launch", "config", "urdf", "weights"):
        there = {path.relative_to(PACKAGE) for path in (PACKAGE / top).rglob("*") if path.is_file()}
        assert there == {path.relative_to(share) for path in (share / top).rglob("*") if path.is_file()}, top
        assert there
    assert (share / "config" / "graph.yaml").is_file() and (share / "launch" / "sim.launch.xml").is_file()


def test_nothing_that_is_installed_is_a_link_out_of_the_package() -> None:
    """Links into the rest of the repository would hang where the package stands alone."""
    links = [path for top in ("launch", "config", "urdf", "weights") for path in (PACKAGE / top).rglob("*")]
    links += [PACKAGE / top for top in ("launch", "config", "urdf", "weights")]
    assert not [path for path in links if path.is_symlink()]
