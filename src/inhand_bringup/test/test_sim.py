"""`inhand sim` passes arguments and exit code through and ends with the summary."""

import sys
from pathlib import Path

import pytest

from inhand_bringup.sim import sim

FAKE_ROS2 = f"""#!{sys.executable}
import os, sys
open(os.environ["INHAND_SUMMARY_FILE"], "w").write('{{"goals": 3}}\\n') if "write" in sys.argv else None
print("[INFO] [monitor-9]: process has finished cleanly", sys.argv[1:], flush=True)
sys.exit(4)
"""


@pytest.fixture
def fake_ros2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ros2"
    program.write_text(FAKE_ROS2)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_the_summary_is_the_last_line(fake_ros2, capfd):
    assert sim(("duration:=30", "write")) == 4
    lines = capfd.readouterr().out.splitlines()
    assert "['launch', 'inhand_bringup', 'sim.launch.xml', 'duration:=30', 'write']" in lines[-2]
    assert lines[-1] == 'summary: {"goals": 3}'


def test_no_summary_is_made_up(fake_ros2, capfd):
    assert sim(()) == 4
    assert "summary" not in capfd.readouterr().out


def test_without_ros_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match=r"needs ROS.*setup\.bash"):
        sim(())
