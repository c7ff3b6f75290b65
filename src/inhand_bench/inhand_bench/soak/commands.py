"""`inhand bench soak`: the simulated system for a long time; memory, descriptors, threads, rates and holds."""

from __future__ import annotations

import contextlib
import dataclasses
import json as json_format
import os
import random
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import rclpy
from rclpy.serialization import deserialize_message

from inhand_bench.soak.growth import Soaked
from inhand_core.files import write_whole
from inhand_core.graph import load_graph
from inhand_core.machine import descendants
from inhand_interfaces.msg import ControllerStatus, SimStatus
from inhand_ros.tap import Tap, graph_topics

LOOK_S, START_S, END_S = 0.2, 300.0, 60.0
STATUS = {"controller/status": ControllerStatus, "sim/status": SimStatus}
COUNTED = ("holds", "zero_torques", "missed_deadlines", "lost_actions", "lost_sensors", "refused_foreign")
SUMMARY = re.compile(r"summary: (\{.*\})")


def soak(
    minutes: float = 30.0,
    warm_up: float = 3.0,
    every_s: float = 10.0,
    arguments: tuple[str, ...] = ("cameras:=off", "record:=true"),
    json: Path | None = None,
) -> int:
    """Run the simulated system for a long time and see that nothing in it grows.

    Prints, for each process, memory, file descriptors and threads at start and end with their slopes, then each topic's
    rate and the controller's counts at start and end, as Markdown. The exit code is 1 where something grew, ended or
    was restarted.

    Args:
        minutes: length, from the first action on.
        warm_up: what grows in the first minutes is not judged: caches fill, heaps settle.
        every_s: time between two looks at the processes [s].
        arguments: of sim.launch.xml; a recorded bag is deleted.
        json: file for all that was seen.
    """
    if not 0.0 <= warm_up < minutes or every_s <= 0.0:
        raise ValueError(f"needed: 0 <= warm_up < minutes and every_s > 0; are {warm_up}, {minutes}, {every_s}")
    with tempfile.TemporaryDirectory(prefix="inhand_soak_") as name:
        run = Run(Path(name), arguments)
        try:
            run.begin()
            while (left := 60.0 * minutes - run.age_s) > 0.0:
                run.look(min(left, every_s))
        finally:
            summary = run.end()
    told = run.soaked.growth(60.0 * warm_up)
    print(f"{minutes:g} minutes, judged from minute {warm_up:g} on\n\n{run.soaked.table(60.0 * warm_up)}\n")
    print(f"{run.streams()}\n\nsummary: {json_format.dumps(summary)}\n")
    print("\n".join(f"GREW: {text}" for text in told) or "nothing grew")
    if json is not None:
        held = {f"{n} ({pid})": list(map(dataclasses.asdict, rows)) for (n, pid), rows in run.soaked.held.items()}
        content = {"minutes": minutes, "held": held, "windows": run.windows, "grew": told, "summary": summary}
        write_whole(json, json_format.dumps(content, indent=1) + "\n")
    return 1 if told else 0


class Run:
    """A launch of the simulation in a ROS domain of its own, and who counts its messages.

    Attributes:
        soaked: what its processes have held.
        windows: messages by topic, with the controller's counts, in each time between two looks.
    """

    def __init__(self, folder: Path, arguments: tuple[str, ...]) -> None:
        self.soaked, self.windows = Soaked(), list[dict[str, Any]]()
        domain = random.SystemRandom().randint(2, 19)
        self._log = folder / "launch.log"
        environment = {**os.environ, "ROS_DOMAIN_ID": str(domain), "PYTHONUNBUFFERED": "1"}
        environment |= {"INHAND_STATE_DIR": str(folder / "state")}
        command = ["ros2", "launch", "inhand_bringup", "sim.launch.xml", f"bag:={folder / 'bag'}", *arguments]
        with self._log.open("w") as log:
            self._launch = subprocess.Popen(
                command, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self._node = rclpy.create_node("soak", context=self._context)
        status = {topic: (f"inhand_interfaces/msg/{kind.__name__}", False) for topic, kind in STATUS.items()}
        self._tap = Tap(self._node, {**graph_topics(load_graph("realtime")), **status})
        self._status: dict[str, Any] = {}
        self._begun = time.monotonic()

    @property
    def age_s(self) -> float:
        """Time since the first action [s]."""
        return time.monotonic() - self._begun

    def begin(self) -> None:
        """Waits for the first action.

        Raises:
            RuntimeError: it does not come.
        """
        while "/policy/action" not in self._drain():
            self._check(self.age_s < START_S, "did not start")
            time.sleep(LOOK_S)
        self._begun = time.monotonic()

    def look(self, seconds: float) -> None:
        """Counts messages for a time, then looks at the processes.

        Raises:
            RuntimeError: the launch has ended.
        """
        counts, begun = Counter[str](), self.age_s
        while self.age_s < begun + seconds:
            time.sleep(LOOK_S)
            counts.update(self._drain())
            self._check(True, "ended")
        self.soaked.look(descendants(self._launch.pid), self.age_s)
        controller, sim = (self._status.get(topic) for topic in STATUS)
        told = {name: getattr(controller, name) for name in COUNTED} if controller else {}
        told |= {"real_time_factor": sim.real_time_factor_total} if sim else {}
        self.windows.append({"seconds": self.age_s - begun, "counts": dict(counts), **told})

    def end(self) -> dict[str, Any]:
        """Ends the launch; the monitor's summary."""
        if self._launch.poll() is None:
            self._launch.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._launch.wait(END_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._launch.pid, signal.SIGKILL)
        self._launch.wait()
        self._tap.close()
        self._node.destroy_node()
        self._context.shutdown()
        found = SUMMARY.findall(self._log.read_text(errors="replace"))
        return json_format.loads(found[-1]) if found else {}

    def streams(self) -> str:
        """Rates of the topics and counts of the controller in the first and in the last third, in Markdown."""
        third = max(len(self.windows) // 3, 1)
        parts = self.windows[:third], self.windows[-third:]
        lines = [("stream", "first third", "last third"), ("---",) * 3]
        for topic in sorted({topic for window in self.windows for topic in window["counts"]}):
            rates = [sum(w["counts"].get(topic, 0) for w in part) / sum(w["seconds"] for w in part) for part in parts]
            lines.append((f"{topic} [1/s]", *(f"{rate:.1f}" for rate in rates)))
        for name in (*COUNTED, "real_time_factor"):
            lines.append((name, *(f"{part[-1].get(name, 0):.6g}" for part in parts)))
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _check(self, holds: bool, what: str) -> None:
        if not holds or self._launch.poll() is not None:
            raise RuntimeError(
                f"the graph {what}; the end of its log:\n{self._log.read_text(errors='replace')[-3000:]}"
            )

    def _drain(self) -> Counter[str]:
        counts = Counter[str]()
        for message in self._tap.drain():
            counts[message.topic] += 1
            if (topic := message.topic.removeprefix("/")) in STATUS:
                self._status[topic] = deserialize_message(message.data, STATUS[topic])
        return counts
