"""`inhand sim`: the whole simulated system, by `ros2 launch`, with its summary as the last line."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import tyro

SUMMARY_VARIABLE = "INHAND_SUMMARY_FILE"  # where the monitor node leaves its summary


def sim(
    arguments: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[NAME:=VALUE …]")] = (),
) -> int:
    """Run the simulated system; takes the arguments of sim.launch.xml, such as duration:=30 console:=false.

    `ros2 launch inhand_bringup sim.launch.xml --show-args` lists them. Prints the run's summary once more as the last
    line, after what launch says about its processes.
    """
    with tempfile.TemporaryDirectory(prefix="inhand_sim_") as folder:
        summary = Path(folder) / "summary.json"
        code = launch("sim.launch.xml", arguments, {SUMMARY_VARIABLE: str(summary)})
        if summary.exists():
            sys.stdout.flush()
            print(f"summary: {summary.read_text().strip().removeprefix('summary: ')}", flush=True)
    return code


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
