"""Node of the emulated capture server: the simulator's true marker positions in, OWL frames out over TCP and UDP."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from inhand_core.graph import load_graph
from inhand_core.runner import reset_key
from inhand_drivers.phasespace.config import CONTROL_PORT, load, marker_indices
from inhand_drivers.phasespace.emulator.capture import VirtualCapture
from inhand_drivers.phasespace.emulator.replay import Faults
from inhand_drivers.phasespace.emulator.server import OwlServer
from inhand_ros import Diagnostics, declare, decode, run_node, to_ns
from inhand_ros.messages import message_class
from inhand_ros.qos import subscription_qos

TRUTH = "sim/markers"


class PhaseSpaceEmulator(Node):
    """One frame a message of sim/markers; server time is the message's stamp. A new trial is a new episode."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__("emulate_phasespace")
        values = {"host": "127.0.0.1", "port": CONTROL_PORT, "randomization": "none", "seed": 0, "malformed": 0.0}
        texts = {
            "host": "address to listen on",
            "port": "TCP port to listen on",
            "randomization": "loss and noise of the markers: all, none, or groups of randomization.yaml, by commas",
            "seed": "seed of loss and noise",
            "malformed": "broken packets sent beside the good ones, per good one",
        }
        values = {name: declare(self, name, defaults.get(name, values[name]), texts[name]) for name in values}
        spec = load_graph("realtime")
        self._capture = VirtualCapture(marker_indices(load().markers), values["randomization"], values["seed"])
        self._faults = defaults.get("faults") or Faults(values["malformed"], seed=values["seed"])
        rate = spec.topics["mocap/markers"].rate
        self._server = OwlServer(rate, values["host"], values["port"])
        self.get_logger().info(f"serving {TRUTH} on {values['host']}:{self._server.port}")
        self._episode: int | None = None
        markers = spec.topics["mocap/markers"]
        self.create_subscription(
            message_class(markers.message), TRUTH, self._on_markers, subscription_qos(spec, "mocap/markers")
        )
        trial = spec.topics["trial"]
        self.create_subscription(message_class(trial.message), "trial", self._on_trial, subscription_qos(spec, "trial"))
        self.diagnostics = Diagnostics(self, self._report)

    def destroy_node(self) -> None:
        """Ends the server, then the node."""
        self._server.close()
        super().destroy_node()

    def _on_markers(self, message: Any) -> None:
        time_ns = self._faults.server_time(to_ns(message.header.stamp))
        self._faults.send(self._server, self._capture.frame(decode(message), time_ns))

    def _on_trial(self, message: Any) -> None:
        episode = int(reset_key(decode(message))[0])
        if self._episode not in (None, episode):
            self._capture.reset()
        self._episode = episode

    def _report(self, status: Diagnostics) -> None:
        status.add("frames", self._server.frames)
        status.add("clients", self._server.clients)
        status.add("clients cut off", self._server.dropped_clients)


def serve(host: str, port: int, randomization: str, seed: int, faults: Faults) -> int:
    """Runs the node with these settings until it is interrupted."""
    settings = {"host": host, "port": port, "randomization": randomization, "seed": seed, "faults": faults}
    run_node(lambda: PhaseSpaceEmulator(**settings))
    return 0


def main() -> None:
    """Runs the node."""
    run_node(PhaseSpaceEmulator)
