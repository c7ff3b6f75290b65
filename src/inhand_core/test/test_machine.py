"""Who uses the cores: by name, from /proc."""

import os
import subprocess
import sys
import time

import pytest

from inhand_core.machine import Usage, name_of, read_usage, shares


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
