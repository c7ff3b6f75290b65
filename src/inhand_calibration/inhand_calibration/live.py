"""Records the running graph for a while, so that calibration can read live topics."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path

_START, _PATIENCE = 60.0, 15.0
"""Time that the recorder may take to begin its bag, and to close it [s]."""


def record_live(seconds: float, folder: Path) -> Path:
    """Records all topics for `seconds` into a new bag in `folder` with the graph's recorder; returns the bag.

    The time counts from the moment at which the recorder is there.

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
        _await(bag, recorder)
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


def _await(bag: Path, recorder: subprocess.Popen) -> None:
    """Waits until the recorder has begun its bag."""
    end = time.monotonic() + _START
    while not bag.is_dir() and recorder.poll() is None:
        if time.monotonic() > end:
            recorder.send_signal(signal.SIGINT)
            raise RuntimeError(f"the recorder began no bag within {_START:g} s")
        time.sleep(0.1)
