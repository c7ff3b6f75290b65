"""What a soak calls growth, and how it reads processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from inhand_bench.soak.commands import soak
from inhand_bench.soak.growth import Held, Soaked, read, slope

MINUTES = 30


def soaked(own, files=lambda m: 30, threads=lambda m: 12, lasts=MINUTES, begins=0) -> Soaked:
    """A process beside another one, looked at once a minute; what it holds, by minute."""
    found = Soaked()
    found.held["node", 7] = [
        Held(60.0 * m, own(m), 150.0 + 30.0 * (m % 2) + m, 2.0 * own(m), files(m), threads(m))
        for m in range(begins, lasts + 1)
    ]
    found.held["other", 8] = [Held(60.0 * m, 40.0, 50.0, 60.0, 20, 5) for m in range(MINUTES + 1)]
    return found


def test_what_is_level_or_settles_has_not_grown() -> None:
    wobbling = soaked(lambda m: 100.0 + 3.0 * (m % 2), files=lambda m: 30 + m % 3)
    settling = soaked(lambda m: 100.0 + 40.0 * min(m, 3) / 3)
    shrinking = soaked(lambda m: 200.0 - m)
    for one in (wobbling, settling, shrinking):
        assert one.growth(180.0) == []


@pytest.mark.parametrize(
    ("leaking", "words"),
    [
        (soaked(lambda m: 100.0 + 0.5 * m), "node: own_mb grew by 13.5"),
        (soaked(lambda m: 100.0, files=lambda m: 30 + m // 5), "node: files grew by"),
        (soaked(lambda m: 100.0, threads=lambda m: 12 + m // 5), "node: threads grew by"),
        (soaked(lambda m: 100.0, lasts=20), "node (7) has ended or was restarted"),
        (soaked(lambda m: 100.0, begins=20), "node (7) has ended or was restarted"),
    ],
)
def test_a_leak_and_a_death_are_told(leaking: Soaked, words: str) -> None:
    assert [text for text in leaking.growth(180.0) if words in text], leaking.growth(180.0)


def test_the_table_has_start_end_and_slope() -> None:
    table = soaked(lambda m: 100.0 + m).table(180.0)
    assert "| node | 103.0 → 130.0 | +60.0 | 183.0 → 180.0 | 206.0 → 260.0 | 30 → 30 | +0.0 | 12 → 12 |" in table


def test_a_process_is_read_as_it_is() -> None:
    code = "x = bytearray(40 << 20); f = [open('/dev/null') for _ in range(50)]; print('here', flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    held = read(child.pid, time.monotonic())
    assert 40.0 < held.own_mb < 90.0 and held.own_mb <= held.pss_mb <= held.rss_mb
    assert held.files >= 53 and held.threads == 1
    child.communicate(b"\n")
    assert read(child.pid, 0.0) is None
    found = Soaked()
    found.look([os.getpid(), child.pid], 1.0)
    assert len(found.held) == 1


def test_slopes_are_those_of_a_line() -> None:
    rows = [Held(t, 3.0 + 0.25 * t, 0.0, 0.0, 0, 0) for t in (0.0, 1.0, 4.0)]
    assert slope(rows, "own_mb") == pytest.approx(0.25)
    assert slope(rows[:1], "own_mb") == 0.0


def test_lengths_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="warm_up < minutes"):
        soak(minutes=2.0, warm_up=3.0)
