"""The documents' benches, sheets and checks, run in a small size: that they work, not what they measure."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from support.commands import ROOT, documents, find
from support.small import SMALL

LIMIT_S = 400.0  # a stalled command, not a slow one
WRITES = {"inhand policy init": "random.safetensors", "inhand render sheet": "sheet.png"}


def run(text: str, folder: Path, domain: int) -> subprocess.CompletedProcess:
    """The end of a command typed in `folder`, where the project's files are as in its root."""
    for name in ("config", "weights"):
        (folder / name).symlink_to(ROOT / name)
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain)}
    return subprocess.run(
        shlex.split(text), cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT_S
    )


@pytest.mark.parametrize("name", [name for name in SMALL if name != "inhand doctor"])
def test_a_command_runs_in_a_small_size(name: str, tmp_path: Path, domain: int) -> None:
    assert any(command.text.startswith(name) for path in documents() for command in find(path)), f"nobody says {name}"
    done = run(f"{name} {SMALL[name]}", tmp_path, domain)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert re.search(r"\d", done.stdout), "it printed no figure"
    if name in WRITES:
        assert (tmp_path / WRITES[name]).stat().st_size > 1000


def test_the_doctor_prints_the_table_that_its_page_shows(tmp_path: Path, domain: int) -> None:
    done = run("inhand doctor", tmp_path, domain)
    assert done.returncode in (0, 1), done.stderr
    shown = (ROOT / "docs" / "doctor.md").read_text()
    excerpt = re.search(r"```text\n(.*?)```", shown, re.DOTALL)[1].splitlines()
    printed = done.stdout.splitlines()
    assert excerpt[0].split() == printed[0].split() == ["check", "finding", "what", "to", "do"]

    def checks(lines: list[str]) -> set[str]:
        return {line.split()[0] for line in lines[1:-1] if re.match(r"\S+ +(ok|warning|error) ", line)}

    assert checks(excerpt) == checks(printed)


def test_the_doctors_options_do_what_its_page_says(tmp_path: Path, domain: int) -> None:
    done = run("inhand doctor --only clock disk --folder /tmp --json", tmp_path, domain)
    found = json.loads(done.stdout)
    assert {finding["check"] for finding in found["findings"]} == {"clock", "disk"}
    assert set(found) == {"worst", "findings"} and done.returncode == int(found["worst"] == "error")
    assert all(set(finding) == {"check", "level", "what", "remedy"} for finding in found["findings"])
