"""A running launch of the simulated system, and a probe that listens to it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.probe import Probe
from support.processes import Processes

from inhand_core.graph import load_graph

TOPICS = {
    **{name: topic.message for name, topic in load_graph("realtime").topics.items()},
    "clock": "rosgraph_msgs/msg/Clock",
    "sim/status": "inhand_interfaces/msg/SimStatus",
    "sim/object_pose": "inhand_interfaces/msg/ObjectPose",
    "controller/status": "inhand_interfaces/msg/ControllerStatus",
    "diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
}
LATCHED = ("goal", "trial")
RELIABLE = ("clock", "sim/status", "sim/object_pose", "controller/status")  # what tests wait for while nothing moves


class Launched:
    """`ros2 launch` of a file, with its output."""

    def __init__(self, processes: Processes, arguments: list[str]) -> None:
        self._processes = processes
        ros2 = shutil.which("ros2")
        assert ros2, "no ros2 on the path: source setup.bash"
        self.process = processes.start("launch", [ros2, "launch", "inhand_bringup", *arguments])

    @property
    def output(self) -> str:
        """All that has been printed so far."""
        return self._processes.log("launch")

    def pid(self, program: str) -> int:
        """Process id of the newest process of a program, as launch printed it."""
        found = re.findall(rf"\[{program}-\d+\]: process started with pid \[(\d+)\]", self.output)
        assert found, f"{program} was not started; output:\n{self.output[-3000:]}"
        return int(found[-1])


@pytest.fixture(scope="module")
def launch(domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Launched]]:
    """Launches files in the module's domain; all ended after the module."""
    groups: list[Processes] = []

    def start(*arguments: str, **environment: str) -> Launched:
        group = Processes(tmp_path_factory.mktemp("launch"), domain)
        group.environment |= environment
        groups.append(group)
        return Launched(group, list(arguments))

    yield start
    for group in groups:
        group.close()


@pytest.fixture(scope="module")
def probe(domain: int) -> Iterator[Probe]:
    """Hears all topics of the graph."""
    listener = Probe(domain, TOPICS, LATCHED, RELIABLE)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the module's own."""
    return tmp_path_factory.mktemp("files")
