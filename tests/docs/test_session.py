"""What the documents tell a newcomer to type during a run, typed during a run."""

from __future__ import annotations

import contextlib
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import ROOT, documents, find
from support.processes import Processes, wait_for

RECORD = 'make sim ARGS="duration:=30 console:=false record:=true bag:=bags/first"'
DURING = (
    "ros2 topic hz /mocap/markers",
    "ros2 topic echo --once /hand/sensors",
    "ros2 service call /controller/stop std_srvs/srv/Trigger",
    "ros2 service call /controller/clear std_srvs/srv/Trigger",
)
AFTER = ("ros2 bag info bags/first",)
SAYS = {
    "topic hz": "average rate",
    "topic echo": "hall:",
    "controller/stop": "success=True",
    "controller/clear": "success=True",
    "bag info": "/mocap/markers",
}
LONG = 240.0
TYPED_S = 60.0  # `ros2` waits for ever for a topic or a service that is gone


@pytest.fixture(scope="module")
def session(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Processes, Path]]:
    """The documented recorded run, in a folder of its own, and longer: a busy machine starts `ros2` slowly."""
    folder = tmp_path_factory.mktemp("session")
    (folder / "weights").symlink_to(ROOT / "weights")
    arguments = shlex.split(shlex.split(RECORD)[2].removeprefix("ARGS=").replace("duration:=30", "duration:=60"))
    group = Processes(folder, domain)
    group.environment["PWD"] = str(folder)
    group.start("sim", ["sh", "-c", 'cd "$0" && exec inhand sim "$@"', str(folder), *arguments])
    ended = group.running["sim"].poll
    wait_for(lambda: "first action" in group.log("sim") or ended() is not None, LONG, group.logs)
    assert ended() is None, group.logs()
    yield group, folder
    group.close()


def test_the_documents_still_say_so() -> None:
    said = {command.text for path in documents() for command in find(path)}
    assert {RECORD, *DURING, *AFTER} <= said


def test_commands_during_the_run_and_after_it(session: tuple[Processes, Path]) -> None:
    group, folder = session
    for text in DURING:
        assert _type(text, group, folder)
    assert group.running["sim"].wait(LONG) == 0, group.log("sim")[-3000:]
    assert group.log("sim").splitlines()[-1].startswith("summary: {")
    for text in AFTER:
        assert _type(text, group, folder)


def _type(text: str, group: Processes, folder: Path) -> bool:
    """Runs a command until it has said what it is asked for; Ctrl-C ends those that go on for ever."""
    expected = next(value for key, value in SAYS.items() if key in text)
    command = shlex.split(text)
    said = ""
    with subprocess.Popen(
        command, cwd=folder, env=group.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        limit = threading.Timer(TYPED_S, process.kill)
        limit.start()
        try:
            for line in process.stdout:
                said += line
                if expected in line:
                    process.send_signal(signal.SIGINT)
                    return True
        finally:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10.0)
            process.kill()
            limit.cancel()
    raise AssertionError(f"{text}: no {expected!r} in\n{said}")
