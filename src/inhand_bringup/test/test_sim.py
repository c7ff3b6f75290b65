"""`inhand sim` passes arguments and exit code through and ends with the summary."""

import sys
from pathlib import Path

import pytest

from inhand_bringup.arguments import ArgumentError
from inhand_bringup.sim import sim

FAKE_ROS2 = f"""#!{sys.executable}
import os, sys
open(os.environ["INHAND_SUMMARY_FILE"], "w").write('{{"goals": 3}}\\n') if "FAKE_SUMMARY" in os.environ else None
if "record:=true" in sys.argv or "record:=1" in sys.argv:
    open(os.environ["INHAND_RECORDING_FILE"], "w").write(os.environ.get("FAKE_TAKES", ""))
print("[INFO] [monitor-9]: process has finished cleanly", sys.argv[1:], flush=True)
sys.exit(int(os.environ.get("FAKE_CODE", "4")))
"""


@pytest.fixture
def fake_ros2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ros2"
    program.write_text(FAKE_ROS2)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


def test_the_summary_is_the_last_line(fake_ros2, capfd, monkeypatch):
    monkeypatch.setenv("FAKE_SUMMARY", "1")
    assert sim(("duration:=30",)) == 4
    lines = capfd.readouterr().out.splitlines()
    assert "['launch', 'inhand_bringup', 'sim.launch.xml', 'duration:=30']" in lines[-2]
    assert lines[-1] == 'summary: {"goals": 3}'


def test_no_summary_is_made_up(fake_ros2, capfd):
    assert sim(()) == 4
    assert "summary" not in capfd.readouterr().out


def test_without_ros_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match=r"needs ROS.*setup\.bash"):
        sim(())


@pytest.mark.parametrize(
    ("argument", "takes", "code", "words"),
    [
        ("record:=true", ['{"folder": "b", "messages": 7, "missing": 0}'], 0, ""),
        ("record:=true", ['{"error": "b exists"}'], 1, "nothing was recorded: b exists"),
        ("record:=true", ['{"folder": "b", "messages": 0, "error": "full"}'], 1, "nothing was recorded: full"),
        ("record:=1", ['{"error": "b exists"}'], 1, "b exists"),
        ("record:=1", ['{"error": "b exists"}', '{"folder": "c", "messages": 9}'], 0, ""),
        ("record:=yes", [], 1, "nothing was recorded"),
        ("record:=True", [], 1, "nothing was recorded"),
        ("record:=false", [], 0, ""),
        ("seed:=1", [], 0, ""),
    ],
)
def test_a_run_that_was_to_be_recorded_and_was_not_ends_with_an_error(
    fake_ros2, capfd, monkeypatch, argument, takes, code, words
):
    monkeypatch.setenv("FAKE_CODE", "0")
    monkeypatch.setenv("FAKE_TAKES", "".join(f"{take}\n" for take in takes))
    assert sim((argument,)) == code
    told = capfd.readouterr().err
    assert (words in told) if words else ("record" not in told)


def test_wrong_arguments_start_nothing(fake_ros2, capfd):
    with pytest.raises(ArgumentError, match="did you mean 'duration'"):
        sim(("duraton:=3",))
    assert not capfd.readouterr().out
