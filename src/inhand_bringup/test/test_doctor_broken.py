"""Environments that are really broken, each named by the doctor: other processes, nothing replaced inside them."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inhand_core.paths import resource_root

PROGRAM = "import sys; from inhand_bringup.doctor import doctor; sys.exit(doctor(only=(sys.argv[1],), json=True))"
CAP_IPC_LOCK, CAP_SYS_NICE, PR_CAPBSET_DROP = 14, 23, 24


def examine(check: str, prepare: Callable[[], None] | None = None, **environment: str) -> tuple[int, list[dict]]:
    """Exit code and findings of one check in an environment of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, check],
        env={**os.environ, **environment},
        preexec_fn=prepare,
        capture_output=True,
        text=True,
        timeout=300.0,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["findings"]


def the_bad(findings: list[dict]) -> dict:
    """The one finding that is not ok."""
    bad = [finding for finding in findings if finding["level"] != "ok"]
    assert len(bad) == 1, findings
    return bad[0]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the project reads, to break."""
    for name in ("config", "weights"):
        shutil.copytree(resource_root() / name, tmp_path / name)
    return tmp_path


def test_ros_that_cannot_be_loaded(tmp_path: Path) -> None:
    package = tmp_path / "rclpy"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('librcl.so: cannot open shared object file')")
    code, findings = examine("ros", PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    bad = the_bad(findings)
    assert code == 1 and "librcl.so" in bad["what"] and "setup.bash" in bad["remedy"]


def test_weights_that_were_cut_off(project: Path) -> None:
    weights = project / "weights" / "block.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    code, findings = examine("weights", INHAND_ROOT=str(project))
    bad = the_bad(findings)
    assert code == 1 and "block.safetensors" in bad["what"] and "weights:=" in bad["remedy"]


def test_weights_for_another_smoother(project: Path) -> None:
    path = project / "config" / "smoother.yaml"
    lines = path.read_text().splitlines()
    changed = ["coefficient: 0.123" if line.startswith("coefficient:") else line for line in lines]
    assert changed != lines
    path.write_text("\n".join(changed))
    code, findings = examine("weights", INHAND_ROOT=str(project))
    assert code == 1 and "0.123" in the_bad(findings)["what"]


def test_real_time_that_is_denied() -> None:
    def deny() -> None:
        for capability in (CAP_SYS_NICE, CAP_IPC_LOCK):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))

    code, findings = examine("real-time", deny)
    bad = [finding for finding in findings if finding["level"] == "warning" and "limit" in finding["what"]]
    assert code == 0 and ["SCHED_FIFO is denied" in bad[0]["what"], "64 KiB" in bad[1]["what"]] == [True, True]
    for finding in bad:
        assert "@realtime - rtprio 98" in finding["remedy"] and "memlock unlimited" in finding["remedy"]


def test_a_renderer_that_is_not_there() -> None:
    _, findings = examine("renderers", MUJOCO_GL="glitter")
    bad = findings[0]
    assert bad["level"] == "warning" and "MUJOCO_GL=glitter" in bad["what"] and "unset" in bad["remedy"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from inhand_bringup.doctor import doctor\n"
    code += f"sys.exit(doctor(only=('disk',), json=True, folder=Path({str(tmp_path / 'none')!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    bad = the_bad(json.loads(done.stdout)["findings"])
    assert done.returncode == 1 and "cannot write" in bad["what"] and "bag:=" in bad["remedy"]


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare")
def test_a_container_with_little_shared_memory() -> None:
    pytest.importorskip("rclpy")
    script = 'mount -t tmpfs -o size=1m none /dev/shm && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-c", PROGRAM, "dds"]
    environment = {**os.environ, "ROS_AUTOMATIC_DISCOVERY_RANGE": "OFF"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300.0)
    if not done.stdout:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")
    findings = json.loads(done.stdout)["findings"]
    assert findings[0]["level"] == "warning" and "--shm-size" in findings[0]["remedy"]
    assert done.returncode == 1 and "OFF" in findings[1]["what"]
    assert any("do not hear each other" in finding["what"] for finding in findings)
