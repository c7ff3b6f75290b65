"""A browser that does not come up is started anew, and says in the end why it did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from inhand_bench.page import chromium
from inhand_bench.page.chromium import TRIES, Chromium


def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """Puts a program in Chromium's place; returns the file to which it adds a line each time it starts."""
    starts, program = tmp_path / "starts", tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\necho started >> {starts}\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(chromium, "executable", lambda: str(program))
    return starts


def test_one_that_ends_at_once_is_tried_again_and_its_last_words_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = pretend(tmp_path, monkeypatch, "echo no display >&2\nexit 7")
    with pytest.raises(RuntimeError, match=r"(?s)ended with 7.*no display"):
        Chromium()
    assert starts.read_text().split() == ["started"] * TRIES


def test_one_that_hangs_is_ended_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = pretend(tmp_path, monkeypatch, "exec sleep 100")
    with pytest.raises(RuntimeError, match=r"no debugging port within 0.2 s"):
        Chromium(start_s=0.2)
    assert starts.read_text().split() == ["started"] * TRIES


def test_a_machine_without_one_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "executable", lambda: None)
    with pytest.raises(FileNotFoundError, match="no Chromium"):
        Chromium()
