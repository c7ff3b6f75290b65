"""Ranks end by their own choice: a stop that only the process above them hears reaches all of them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RUN = "from inhand_training.ranks import spawn_ranks; import toy; spawn_ranks(toy.{}, 2, {!r})"


@contextmanager
def ranks_of(name, folder):
    """The first process of a run of two ranks of the function `name` in toy.py; none of them outlives the test."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *filter(None, sys.path)])}
    command = [sys.executable, "-c", RUN.format(name, str(folder))]
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_told_to_the_first_process_alone_reaches_every_rank(tmp_path, number):
    with ranks_of("until_stopped", tmp_path) as process:
        end = time.monotonic() + 60.0
        while len(list(tmp_path.glob("*.running"))) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(process.pid, number)
        assert process.wait(60.0) == 0
    assert {path.name for path in tmp_path.glob("*.stopped")} == {"0.stopped", "1.stopped"}


def test_a_stop_that_one_rank_hears_between_phases_stops_all(tmp_path):
    with ranks_of("one_is_stopped", tmp_path) as process:
        assert process.wait(240.0) == 0
    assert {path.name for path in tmp_path.glob("*.ended")} == {"0.ended", "1.ended"}
