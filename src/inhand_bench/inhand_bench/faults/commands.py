"""`inhand bench faults`: every case on the running simulation, and a table of what survived and what was lost."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from inhand_bench.faults.cases import CASES, SHORT, Case
from inhand_bench.faults.system import START_S, Lost, System
from inhand_interfaces.msg import ControllerStatus

RECORDED = re.compile(r"recorded (\d+) messages to (\S+), (\d+) missing")


@dataclass(frozen=True)
class Row:
    """One case: its name, whether the system survived, what was seen, how long it took [s]."""

    name: str
    survived: bool
    seen: str
    seconds: float


def faults(cases: tuple[str, ...] = (), short: bool = False, keep: Path | None = None) -> int:
    """Kill, freeze, flood, forge, darken: attack the running simulation and see that the hand stays safe.

    Starts the simulated system in a ROS domain of its own and records it. After each case it has to run again. Prints a
    Markdown table of what survived, and what was recorded; the exit code is 1 where a case was lost.

    Args:
        cases: these alone, by their names in the table.
        short: those that concern the hand's own safety, about a minute.
        keep: folder for logs and bags; by default they are deleted.
    """
    chosen = cases or (SHORT if short else tuple(CASES))
    if unknown := sorted(set(chosen) - set(CASES)):
        raise ValueError(f"unknown cases {unknown}; known {list(CASES)}")
    with tempfile.TemporaryDirectory(prefix="inhand_faults_") as name:
        folder = Path(name) if keep is None else keep
        folder.mkdir(parents=True, exist_ok=True)
        rows, recorded = campaign(folder, chosen)
    print(f"\n{table(rows)}\n\n{recorded}")
    return 1 if any(not row.survived for row in rows) else 0


def campaign(folder: Path, names: tuple[str, ...]) -> tuple[list[Row], str]:
    """Runs cases on one system; returns their rows, and what its recorders said at their ends.

    Raises:
        Lost: the system does not come up.
    """
    rows = []
    with System(folder) as system:
        system.wait(lambda: ControllerStatus.RUNNING in system.modes(0.0), "running controller", START_S)
        for name in names:
            rows.append(run(name, CASES[name], system))
            print(f"{'survived' if rows[-1].survived else 'LOST':8}  {name}: {rows[-1].seen}", flush=True)
            if system.launch.poll() is not None:
                break
        system.end()
        bags = RECORDED.findall(system.log())
    said = [f"{count} messages in {Path(bag).name}, {missing} missing" for count, bag, missing in bags]
    return rows, f"recorded: {'; '.join(said) or 'nothing'}"


def run(name: str, case: Case, system: System) -> Row:
    """One case, on a running system; after a lost one it is set right, so that the next says something, too."""
    begun = time.monotonic()
    try:
        system.wait_for_mode(ControllerStatus.RUNNING)
        seen, survived = case(system), True
    except Lost as lost:
        seen, survived = str(lost), False
        with contextlib.suppress(Lost):
            system.run()
    return Row(name, survived, seen, time.monotonic() - begun)


def table(rows: list[Row]) -> str:
    """The rows in Markdown."""
    lines = [("case", "survived", "seen", "took"), ("---",) * 4]
    lines += [(row.name, "yes" if row.survived else "**no**", row.seen, f"{row.seconds:.0f} s") for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
