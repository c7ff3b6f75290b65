"""The fault campaign's short form: the hand's own safety, attacked on the running simulation."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from inhand_bench.faults.cases import CASES, SHORT
from inhand_bench.faults.commands import Row, faults, table

LONG = 900.0


@pytest.mark.timeout(LONG + 60.0)
def test_the_hand_stays_safe_and_the_system_comes_back(tmp_path: Path) -> None:
    command = ["inhand", "bench", "faults", "--short", "--keep", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG, check=False)
    log = tmp_path / "launch.log"
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{log.read_text()[-5000:] if log.is_file() else ''}"
    for case in SHORT:
        assert f"| {case} | yes |" in done.stdout


def test_a_lost_case_stands_out_and_unknown_ones_are_named() -> None:
    rows = [Row("stop", True, "stopped", 3.0), Row("flood", False, "no answer", 120.0)]
    assert "| flood | **no** | no answer | 120 s |" in table(rows)
    assert set(SHORT) < set(CASES)
    with pytest.raises(ValueError, match="unknown cases"):
        faults(("kill the sun",))
