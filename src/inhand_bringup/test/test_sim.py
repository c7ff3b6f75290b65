"""`inhand sim` passes arguments and exit code through and ends with the summary."""

import sys
from pathlib import Path

import pytest

from inhand_bringup.sim import sim

FAKE_ROS2 = f"""#!{sys.executable}
import os, sys
open(os.environ["INHAND_SUMMARY_FILE"], "w").write('{{"goals": 3}}\\n') if "write" in sys.argv else None
if "record:=true" in sys.argv or "record:=1" in sys.argv:
    lines = [a.removeprefix("take") for a in sys.argv if a.startswith("take")]
    open(os.environ["INHAND_RECORDING_FILE"], "w").write("".join(line + "\\n" for line in lines))
print("[INFO] [monitor-9]: process has finished cleanly", sys.argv[1:], flush=True)
sys.exit(0 if "well" in sys.argv else 4)
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


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("record:=true", 'take{"folder": "b", "messages": 7, "missing": 0}'), 0, ""),
        (("record:=true", 'take{"error": "b exists"}'), 1, "nothing was recorded: b exists"),
        (("record:=true", 'take{"folder": "b", "messages": 0, "error": "full"}'), 1, "nothing was recorded: full"),
        (("record:=1", 'take{"error": "b exists"}'), 1, "b exists"),
        (("record:=1", 'take{"error": "b exists"}', 'take{"folder": "c", "messages": 9}'), 0, ""),
        (("record:=yes",), 1, "nothing was recorded"),
        (("record:=True",), 1, "nothing was recorded"),
        (("record:=false",), 0, ""),
        ((), 0, ""),
    ],
)
def test_a_run_that_was_to_be_recorded_and_was_not_ends_with_an_error(fake_ros2, capfd, arguments, code, words):
    assert sim(("well", *arguments)) == code
    told = capfd.readouterr().err
    assert (words in told) if words else ("record" not in told)
