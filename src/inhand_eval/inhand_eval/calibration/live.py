"""Records the running graph for a while, so that calibration can read live topics."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

_PATIENCE = 15.0
"""Time that the recorder may take to close its bag [s]."""


def record_live(seconds: float, folder: Path) -> Path:
    """Records all topics for `seconds` into a new bag in `folder` with the graph's recorder; returns the bag.

    Raises:
        RuntimeError: there is no `ros2` on the path, or the recorder failed.
    """
    ros2 = shutil.which("ros2")
    if ros2 is None:
        raise RuntimeError("live topics need ROS: no `ros2` on the path (source setup.bash)")
    bag = folder / time.strftime("live_%Y_%m_%d-%H_%M_%S")
    command = [ros2, "run", "inhand_ros", "recorder_node", "--ros-args", "-p", f"bag:={bag}"]
    recorder = subprocess.Popen(command)
    try:
        code = recorder.wait(seconds)
        raise RuntimeError(f"the recorder ended early with code {code}")
    except subprocess.TimeoutExpired:
        recorder.send_signal(signal.SIGINT)
    finally:
        try:
            recorder.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            recorder.kill()
            recorder.wait()
    return bag
