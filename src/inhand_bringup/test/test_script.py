"""The script `inhand` itself: processes that a command spawns import it, and must not start the command again."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "bin/inhand"


def test_it_runs_as_a_program_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "argv", ["inhand", "no such command"])
    runpy.run_path(str(SCRIPT), run_name="__mp_main__")
    assert capsys.readouterr() == ("", "")
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    assert "no such command" in capsys.readouterr().err
