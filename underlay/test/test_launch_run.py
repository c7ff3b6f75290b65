"""Launches of real processes: output, exit codes, respawn, shutdown by INT, TERM, KILL, and no orphans."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_S = 20.0


class Launch:
    """A running `ros2 launch` of a file with some body, and what it printed."""

    def __init__(self, body: str, folder: Path, *arguments: str) -> None:
        file = folder / "test.launch.xml"
        file.write_text(f"<launch>{body}</launch>")
        self.output = folder / "output.txt"
        command = [sys.executable, "-m", "ros2_lite", "launch", str(file), *arguments]
        environment = {**os.environ, "ROS_LOG_DIR": str(folder / "log")}
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def text(self) -> str:
        return self.output.read_text()

    def until(self, pattern: str, count: int = 1) -> list[str]:
        """Wait until `pattern` was printed `count` times; returns the matches."""
        return wait_for(lambda: found if len(found := re.findall(pattern, self.text)) >= count else None, self.output)

    def end(self) -> int:
        return self.process.wait(PATIENCE_S)


def wait_for(condition: Callable[[], object], output: Path) -> object:
    """Wait until a condition is truthy; the launch's output is shown when it never is."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {PATIENCE_S} s; the output was:\n{output.read_text()}")


def alive(pid: int) -> bool:
    """Return whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Launch]]:
    started: list[Launch] = []

    def start(body: str, *arguments: str) -> Launch:
        started.append(Launch(body, tmp_path, *arguments))
        return started[-1]

    yield start
    for item in started:
        if item.process.poll() is None:
            item.process.send_signal(signal.SIGINT)
            try:
                item.process.wait(5.0)
            except subprocess.TimeoutExpired:
                item.process.kill()
                item.process.wait()


def shell(script: str, attributes: str = "") -> str:
    """Return an <executable> that runs a bash script (without double quotes and $) and shows its output."""
    return f'<executable cmd="bash -c &quot;{script}&quot;" name="sh" output="screen" {attributes}/>'


def test_output_and_exit_code_of_processes_that_end(launch):
    running = launch(shell("echo out; echo err >&amp;2; printf rest") + shell("exit 3"))
    assert running.end() == 0, "the real launch too succeeds when its processes fail"
    assert re.search(r"^\[INFO\] \[launch\]: All log files can be found below ", running.text)
    for line in ("[sh-1] out", "[sh-1] err", "[sh-1] rest"):
        assert line in running.text.splitlines()
    assert re.search(r"^\[INFO\] \[sh-1\]: process started with pid \[\d+\]$", running.text, re.M)
    assert re.search(r"^\[INFO\] \[sh-1\]: process has finished cleanly \[pid \d+\]$", running.text, re.M)
    died = r"^\[ERROR\] \[sh-2\]: process has died \[pid \d+, exit code 3, cmd 'bash -c exit 3'\]\.$"
    assert re.search(died, running.text, re.M)


def test_output_log_goes_to_the_file_and_stderr_to_the_screen(launch, tmp_path):
    running = launch('<executable cmd="bash -c \'echo hidden; echo shown &gt;&amp;2\'" name="sh"/>')
    assert running.end() == 0
    assert "[sh-1] shown" in running.text and "hidden" not in running.text
    (log,) = (tmp_path / "log").glob("*/launch.log")
    assert "[sh-1] hidden" in log.read_text()


def test_on_exit_shutdown_ends_the_others(launch):
    running = launch(shell("sleep 0.2", 'on_exit="shutdown"') + shell("sleep 100"))
    assert running.end() == 0
    assert "[INFO] [launch]: process[sh-1] was required: shutting down launched system" in running.text
    assert "[INFO] [sh-2]: sending signal 'SIGINT' to process[sh-2]" in running.text
    assert re.search(r"\[sh-2\]: process has died \[pid \d+, exit code -2", running.text)


def test_a_launch_whose_required_process_fails_has_failed(launch):
    assert launch(shell("sleep 0.1; exit 2", 'on_exit="shutdown"') + shell("sleep 100")).end() == 1
    assert launch(shell("exit 2") + shell("sleep 0.3", 'on_exit="shutdown"')).end() == 0


def test_signals_escalate(launch):
    stubborn = "trap '' INT TERM; echo ready; while true; do sleep 0.05; done"
    running = launch(shell(stubborn, 'sigterm_timeout="0.3" sigkill_timeout="0.4"'))
    running.until(r"\[sh-1\] ready")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 0
    failed = "process[sh-1] failed to terminate"
    expected = [
        "[WARNING] [launch]: user interrupted with ctrl-c (SIGINT)",
        "[INFO] [sh-1]: sending signal 'SIGINT' to process[sh-1]",
        f"[ERROR] [sh-1]: {failed} '0.3' seconds after receiving 'SIGINT', escalating to 'SIGTERM'",
        "[INFO] [sh-1]: sending signal 'SIGTERM' to process[sh-1]",
        f"[ERROR] [sh-1]: {failed} '0.7' seconds after receiving 'SIGTERM', escalating to 'SIGKILL'",
        "[INFO] [sh-1]: sending signal 'SIGKILL' to process[sh-1]",
    ]
    assert [line for line in running.text.splitlines() if line in expected] == expected
    assert re.search(r"exit code -9", running.text)


def test_respawn_until_the_limit(launch):
    attributes = 'respawn="true" respawn_delay="0.05" respawn_max_retries="2"'
    running = launch(shell("echo again; exit 1", attributes))
    assert running.end() == 0
    assert running.text.count("[sh-1] again") == 3


def test_a_killed_process_is_reported_and_respawned_and_a_shutdown_ends_the_respawning(launch):
    running = launch(shell("sleep 100", 'respawn="true" respawn_delay="0.1"'))
    (pid,) = running.until(r"process started with pid \[(\d+)\]")
    os.kill(int(pid), signal.SIGKILL)
    running.until(r"process has died \[pid \d+, exit code -9")
    running.until(r"process started with pid", count=2)
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 0
    assert running.text.count("process started with pid") == 2


def test_a_shutdown_does_not_wait_for_a_respawn_delay(launch):
    running = launch(shell("exit 1", 'respawn="true" respawn_delay="1000"'))
    running.until("process has died")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 0


def test_sigterm_ends_everything_and_is_an_error(launch):
    running = launch(shell("sleep 100"))
    (pid,) = running.until(r"process started with pid \[(\d+)\]")
    running.process.terminate()
    assert running.end() == 1
    assert not alive(int(pid))


def test_nothing_is_orphaned_when_launch_itself_is_killed(launch):
    running = launch(shell("sleep 100") + shell("exec sleep 100"))
    pids = [int(pid) for pid in running.until(r"process started with pid \[(\d+)\]", count=2)]
    running.process.kill()
    running.process.wait()
    wait_for(lambda: not any(map(alive, pids)), running.output)


def test_grandchildren_do_not_outlive_a_process(launch):
    running = launch(shell("sleep 100 &amp; jobs -p; exit 0"))
    (pid,) = running.until(r"\[sh-1\] (\d+)")
    assert running.end() == 0
    assert not alive(int(pid))


def test_a_program_that_is_not_there_is_reported(launch):
    running = launch('<executable cmd="/no/such/program"/>')
    assert running.end() == 0
    assert "[ERROR] [program-1]: exception occurred while executing process" in running.text


def test_a_wrong_file_is_an_error_and_starts_nothing(launch):
    running = launch(shell("echo started") + "<nonsense/>")
    assert running.end() == 1
    assert "Caught exception in launch" in running.text and "<nonsense>" in running.text
    assert "started" not in running.text


def test_arguments_reach_the_file_and_bad_ones_are_refused(launch):
    body = '<arg name="word"/><executable cmd="echo $(var word)" output="screen"/>'
    running = launch(body, "word:=hello")
    assert running.end() == 0 and "[echo-1] hello" in running.text
    refused = launch(body, "word=hello")
    assert refused.end() == 1
    assert "malformed launch argument 'word=hello', expected format '<name>:=<value>'" in refused.text


def test_print_shows_the_tags_and_starts_nothing(launch):
    done = launch('<group if="true"><executable cmd="echo hello"/></group><log message="x"/>', "--print")
    assert done.end() == 0
    tree = ["launch", "├── group if='true'", "│   └── executable cmd='echo hello'", "└── log message='x'"]
    assert done.text.splitlines() == tree


def test_debug_shows_the_traceback_of_an_error(launch):
    done = launch('<include file="/nowhere.launch.xml"/>', "--debug")
    assert done.end() == 1
    assert "[DEBUG] [launch]: Traceback" in done.text and "verbosity is set to DEBUG" in done.text


def test_a_launch_prefix_goes_before_the_executables_that_its_filter_names(launch):
    body = '<executable cmd="echo one" output="screen"/><executable cmd="printf two" output="screen"/>'
    done = launch(body, "--launch-prefix", "echo before", "--launch-prefix-filter", "^printf$")
    assert done.end() == 0
    assert "] before printf two\n" in done.text and "] one\n" in done.text
