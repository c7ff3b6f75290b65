"""Nodes of a benchmark as processes in a ROS domain of their own."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 10.0


class NodeProcesses:
    """A context in which nodes run; all end with it.

    Attributes:
        domain: ROS domain id, drawn at random, so that a graph that runs on this machine is left alone.
    """

    def __init__(self) -> None:
        self.domain = random.SystemRandom().randint(2, 19)
        self._running: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> NodeProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.send_signal(signal.SIGINT)
        for process in self._running.values():
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, module: str, *parameters: str) -> None:
        """Starts the `main` of a node's module with ROS parameters (`name:=value`), or a line of Python."""
        code = module if "(" in module else f"from {module} import main; main()"
        words = [word for parameter in parameters for word in ("-p", parameter)]
        variables = {**os.environ, "ROS_DOMAIN_ID": str(self.domain), "OMP_NUM_THREADS": "1"}
        variables |= {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
        command = [sys.executable, "-c", code, *(["--ros-args", *words] if words else [])]
        self._running[module] = subprocess.Popen(
            command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def cpu_seconds(self, module: str) -> float:
        """CPU time [s] that the process of a module has used.

        Raises:
            RuntimeError: it has ended.
        """
        process = self._running[module]
        if process.poll() is not None:
            raise RuntimeError(f"{module} has ended with code {process.returncode}")
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
