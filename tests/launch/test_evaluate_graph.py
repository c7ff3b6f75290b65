"""`inhand evaluate graph`: a launched graph plays its trials, which are compared with those in one process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

LIMIT_S = 240.0


def test_trials_of_a_launched_graph_are_counted_and_compared(domain: int, tmp_path: Path) -> None:
    out = tmp_path / "graph.json"
    command = ["inhand", "evaluate", "graph", "--trials", "2", "--timeout", "1.0", "--in-process", "4"]
    command += ["--domain", str(domain), "--logs", str(tmp_path / "logs"), "--json", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert out.is_file(), done.stdout + done.stderr
    report = json.loads(out.read_text())
    assert len(report["trials"]) == 2 and len(report["in_process"]["trials"]) == 4
    assert sum(report["ends"].values()) == 2 and set(report["ends"]) <= {"dropped", "timeout", "success"}
    assert report["graphs"][0]["real_time_factor"] > 0.0
    verdict = 0 if report["comparison"]["same"] else 1
    assert done.returncode == (verdict if report["kept_up"] else 2)
    assert ("NO VERDICT" in done.stdout) == (not report["kept_up"])
    assert "two-sided Mann-Whitney: p = " in done.stdout
