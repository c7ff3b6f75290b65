"""A node that refuses its configuration ends the launch with its message; one that crashed comes back."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from support.probe import Probe
from support.processes import Processes, executable, wait_for

from inhand_core.paths import resource_root

LONG = 120.0


def spoiled_weights(folder: Path) -> Path:
    """A file that ends in the middle: no check of the arguments reads as far."""
    whole = (resource_root() / "weights/block.safetensors").read_bytes()
    path = folder / "spoiled.safetensors"
    path.write_bytes(whole[: len(whole) // 2])
    return path


@pytest.mark.parametrize(
    "way", [["inhand", "sim"], ["ros2", "launch", "inhand_bringup", "sim.launch.xml"]], ids=["inhand", "ros2"]
)
def test_weights_that_cannot_be_read_end_the_run(way: list[str], domain: int, tmp_path: Path) -> None:
    words = ["console:=false", "cameras:=off", f"weights:={spoiled_weights(tmp_path)}", "duration:=3"]
    begun = time.monotonic()
    done = subprocess.run(
        [shutil.which(way[0]), *way[1:], *words], capture_output=True, text=True, timeout=LONG, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said[-3000:]
    assert time.monotonic() - begun < LONG
    assert "the launch ends: policy_node: " in said and "spoiled.safetensors" in said, said[-3000:]
    assert said.count("policy_node-") and said.count("[policy_node-1]: process started") <= 1, "it was started again"
    if way[0] == "inhand":
        assert done.stderr.strip().splitlines()[-1].startswith("inhand sim: policy_node: ")


@pytest.mark.parametrize(
    ("program", "words", "names"),
    [
        ("inhand_policy/goal_node", ["-p", "seed:=abc"], "seed"),
        ("inhand_policy/goal_node", ["-p", "nosuch:=1"], "nosuch"),
        ("inhand_policy/goal_node", ["--params-file", "/nowhere.yaml"], "/nowhere.yaml"),
        ("inhand_control/rt_node", [], "missing parameters"),
        ("inhand_control/rt_node", ["--params-file", "/nowhere.yaml"], "/nowhere.yaml"),
    ],
)
def test_a_refusal_has_one_line_and_a_code_of_its_own(program, words, names, domain: int, tmp_path: Path) -> None:
    environment = {**os.environ, "INHAND_LAUNCH": str(tmp_path)}
    command = [executable(program), "--ros-args", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, env=environment, check=False)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    refused = (tmp_path / "refused").read_text()
    assert refused.startswith(program.partition("/")[2]) and names in refused and refused.count("\n") == 1


def test_the_warden_ends_with_the_first_refusal_and_leaves_nothing(processes: Processes, domain: int) -> None:
    warden = processes.start("warden", [executable("inhand_control/launch_warden")], INHAND_LAUNCH="test_of_wardens")
    folder = Path(f"/tmp/inhand_{os.getuid()}_test_of_wardens")
    wait_for(folder.is_dir, 20.0, "the folder")
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "refused").write_text("policy_node: no such file\n")
    assert warden.wait(20.0) == 2
    assert "error: the launch ends: policy_node: no such file" in processes.log("warden")
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="mounting needs root")
def test_a_recorder_on_a_read_only_disk_says_so_in_one_line(domain: int, tmp_path: Path) -> None:
    told, disk = tmp_path / "launch", tmp_path / "disk"
    told.mkdir()
    disk.mkdir()
    inner = f"mount --bind -o ro {disk} {disk} && cd {disk} && exec {executable('inhand_ros/recorder_node')}"
    environment = {**os.environ, "INHAND_LAUNCH": str(told)}
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", inner],
        capture_output=True,
        text=True,
        timeout=LONG,
        env=environment,
        check=False,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert "Read-only file system: 'bags" in (told / "refused").read_text()


@pytest.mark.parametrize("program", ["inhand_policy/smoother_node", "inhand_control/graph_guard"])
def test_without_a_home_nodes_run(program: str, domain: int, processes: Processes, tmp_path: Path) -> None:
    del processes.environment["HOME"]
    process = processes.start("node", [executable(program), *(["/nothing"] if program.endswith("guard") else [])])
    if program.endswith("guard"):
        assert process.wait(LONG) == 0, processes.logs()
        return
    probe = Probe(domain, {"diagnostics": "diagnostic_msgs/msg/DiagnosticArray"})
    wait_for(lambda: probe.newest("diagnostics"), LONG, processes.logs)
    probe.close()
