"""`inhand bench sight`: the whole graph by sight beside motion capture, and how long a pose takes from its images."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from typing import Any

import rclpy

from inhand_bench.vision.sightings import TYPES, Sightings
from inhand_core.config import ConfigError
from inhand_ros.tap import Tap

DRAIN_S = 0.05


def sight(seconds: float = 60.0, seed: int = 0, renderer: str = "classic", arguments: tuple[str, ...] = ()) -> int:
    """Run the whole graph by motion capture, then by sight, with the same policy and seed; print how both went.

    The time from a camera's stamp to its pose is that from the writing of the simulator's snapshot to the writing of
    the pose, rendering and transport included.

    Args:
        seconds: of each run.
        seed: of simulator, goals and policy.
        renderer: classic or filament.
        arguments: further launch arguments of `inhand sim`, such as weights:=FILE.
    """
    if (program := shutil.which("inhand")) is None:
        raise ConfigError("inhand is not on the PATH; source setup.bash")
    common = [f"duration:={seconds:g}", "console:=false", f"seed:={seed}", f"renderer:={renderer}", *arguments]
    for source in ("mocap", "vision"):
        sightings, summary = _run([program, "sim", f"object_pose:={source}", *common], source == "vision")
        names = ("goals", "most_goals_in_a_trial", "drops", "trials", "real_time_factor", "policy_period_ms")
        print(f"{source}: " + ", ".join(f"{name} {summary[name]}" for name in names if name in summary), flush=True)
        if source == "vision":
            print(sightings.text(), flush=True)
    return 0


def _run(command: list[str], listen: bool) -> tuple[Sightings, dict[str, Any]]:
    """Runs the graph to its end beside a listener of its topics, and reads its summary.

    Raises:
        RuntimeError: it ended without one.
    """
    domain = random.SystemRandom().randint(2, 19)
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain)}
    found, context = Sightings(), rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = rclpy.create_node("bench_sight", context=context)
    tap = Tap(node, {topic: (kind, False) for topic, kind in TYPES.items()} if listen else {})
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        while process.poll() is None:
            for message in tap.drain():
                found.add(message)
            time.sleep(DRAIN_S)
        log.seek(0)
        lines = log.read().splitlines()
    tap.close()
    node.destroy_node()
    rclpy.shutdown(context=context)
    if not lines or not lines[-1].startswith("summary: "):
        raise RuntimeError("the graph ended without a summary:\n" + "\n".join(lines[-20:]))
    return found, json.loads(lines[-1].removeprefix("summary: "))
