"""`inhand sim`: the whole simulated system, by `ros2 launch`, with its summary as the last line."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import tyro

from inhand_bringup.arguments import CHECKED, TRUE, check_arguments, described, launch_file
from inhand_core.launched import VARIABLE, refusal

SUMMARY_VARIABLE = "INHAND_SUMMARY_FILE"  # where the monitor node leaves its summary
RECORDING_VARIABLE = "INHAND_RECORDING_FILE"  # where the recorder says what became of each take
LAUNCH_FILE = "sim.launch.xml"


def sim(
    arguments: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[NAME:=VALUE …]")] = (),
) -> int:
    """Run the simulated system; takes the arguments of sim.launch.xml, such as duration:=30 console:=false.

    `inhand sim --help` lists them; a wrong name or value is refused before anything starts. Prints the run's summary
    once more as the last line, after what launch says about its processes. The code is 1 where an argument is wrong,
    a node refused its configuration, or a run that was to be recorded was not.
    """
    check_arguments(arguments, launch_file(LAUNCH_FILE))
    with tempfile.TemporaryDirectory(prefix="inhand_sim_") as folder:
        summary, takes = Path(folder) / "summary.json", Path(folder) / "takes.jsonl"
        told = {SUMMARY_VARIABLE: str(summary), RECORDING_VARIABLE: str(takes), CHECKED: "yes", VARIABLE: folder}
        code = launch(LAUNCH_FILE, arguments, told)
        if summary.exists():
            sys.stdout.flush()
            print(f"summary: {summary.read_text().strip().removeprefix('summary: ')}", flush=True)
        for problem in filter(None, (refusal(Path(folder)), not_recorded(arguments, takes))):
            print(f"inhand sim: {problem}", file=sys.stderr, flush=True)
            code = code or 1
    return code


def help_text() -> str:
    """What `inhand sim --help` says: the launch file's arguments, with their values and defaults."""
    return "\n".join(
        [
            "usage: inhand sim [NAME:=VALUE …]",
            "",
            "Run the simulated system, for example: inhand sim duration:=30 console:=false object:=prism",
            "",
            described(launch_file(LAUNCH_FILE)),
        ]
    )


def not_recorded(arguments: tuple[str, ...], takes: Path) -> str:
    """Why a run that was asked to record has recorded nothing; "" where it has, or was not asked."""
    given = {name: value for name, _, value in (argument.partition(":=") for argument in arguments)}
    if given.get("record") not in TRUE or given.get("host") == "policy":
        return ""
    found = [json.loads(line) for line in takes.read_text().splitlines()] if takes.exists() else []
    if any(take.get("messages") for take in found):
        return ""
    reasons = dict.fromkeys(str(take["error"]) for take in found if "error" in take)
    return "asked to record, but nothing was recorded" + (f": {'; '.join(reasons)}" if reasons else "")


def launch(file: str, arguments: tuple[str, ...], environment: dict[str, str]) -> int:
    """Run `ros2 launch inhand_bringup <file> <arguments>` and return its exit code.

    Ctrl-C goes to launch, which is in the same process group; SIGTERM is passed on as the same request.

    Raises:
        RuntimeError: there is no ROS.
    """
    if shutil.which("ros2") is None:
        raise RuntimeError("the graph of nodes needs ROS: no `ros2` on the path (source setup.bash)")
    command = ["ros2", "launch", "inhand_bringup", file, *arguments]
    child = subprocess.Popen(command, env={**os.environ, **environment})
    signal.signal(signal.SIGTERM, lambda *_: child.send_signal(signal.SIGINT))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return child.wait()
