"""Who uses the cores: by name, from /proc."""

import os
import subprocess
import sys
import time

import pytest

from inhand_core.machine import Alone, Usage, busy_loops, descendants, marked, name_of, read_usage, shares, used_by_all


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ([sys.executable, "-c", "input()"], os.path.basename(sys.executable)),
        ([sys.executable, "-m", "timeit", "-s", "input()"], "timeit"),
        (["sleep", "30"], "sleep"),
    ],
)
def test_a_process_is_named_as_a_person_knows_it(command, name):
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10.0
        while name_of(process.pid) != name and time.monotonic() < end:
            time.sleep(0.01)  # for a moment it is there without its words
        assert name_of(process.pid) == name
    finally:
        process.kill()
        process.communicate()


def test_a_process_that_is_gone_goes_by_its_number():
    assert name_of(2**22 + 1) == str(2**22 + 1)


def test_shares_are_in_cores_the_busiest_first():
    before = Usage({1: 10.0, 2: 0.0, 3: 5.0}, 100.0)
    after = Usage({1: 10.5, 2: 4.0, 4: 9.0}, 102.0)
    assert shares(before, after) == {2: 2.0, 1: 0.25, 4: 0.0}
    assert list(shares(before, after)) == [2, 1, 4], "one that has only begun is not charged for its past"


def test_this_process_is_among_those_read():
    assert read_usage().seconds[os.getpid()] > 0.0
    assert set(read_usage([os.getpid(), 2**22 + 1]).seconds) == {os.getpid()}


def test_busy_loops_use_the_cores_and_end_with_the_block():
    core = {min(os.sched_getaffinity(0))}
    before = used_by_all()
    with busy_loops(2, core) as loops:
        assert {os.getpid(), *loops} <= descendants(os.getpid())
        end = time.monotonic() + 30.0
        while min(read_usage(loops).seconds.values()) < 0.05 and time.monotonic() < end:
            time.sleep(0.01)
        assert all(os.sched_getaffinity(pid) == core for pid in loops)
    assert used_by_all() > before
    assert read_usage(loops).seconds == {}


def test_figures_taken_beside_others_are_marked():
    assert marked(0.1, 2) == "" and "0.90 of 2 cores" in marked(0.9, 2)


def test_what_this_process_and_its_children_use_is_its_own(monkeypatch):
    readings = iter([(0.0, 100.0, 10.0), (10.0, 130.0, 38.0), (10.0, 130.0, 11.0)])
    monkeypatch.setattr(Alone, "_read", staticmethod(lambda: next(readings)))
    monkeypatch.setattr("inhand_core.machine.usable_cores", lambda: 4)
    alone = Alone()
    assert alone.mark() == "", "2 s of 10 were others'"
    assert "2.90 of 4 cores" in alone.mark()
