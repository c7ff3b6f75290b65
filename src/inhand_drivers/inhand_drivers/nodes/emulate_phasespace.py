"""Node of the emulated capture server: the simulator's true marker positions in, OWL frames out over TCP and UDP."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node

from inhand_core.graph import load_graph
from inhand_core.runner import reset_key
from inhand_drivers.phasespace.config import load, marker_indices
from inhand_drivers.phasespace.emulator.capture import VirtualCapture
from inhand_drivers.phasespace.emulator.replay import Faults
from inhand_drivers.phasespace.emulator.server import OwlServer
from inhand_ros import Diagnostics, declare, decode, run_node, to_ns
from inhand_ros.messages import message_class
from inhand_ros.qos import subscription_qos

TRUTH = "sim/markers"


class PhaseSpaceEmulator(Node):
    """One frame a message of sim/markers; server time is the message's stamp. A new trial is a new episode."""

    def __init__(self, faults: Faults | None = None, **given: Any) -> None:
        super().__init__("emulate_phasespace")

        def setting(name: str, default: Any, text: str) -> Any:
            return declare(self, name, given.get(name, default), text)

        file = setting("config", "", "file with the marker map; empty: config/phasespace.yaml")
        address = setting("address", "", "host or host:port to listen on; empty: the file's server and port")
        groups = setting(
            "randomization", "none", "loss and noise: all, none, or groups of randomization.yaml, by commas"
        )
        seed = setting("seed", 0, "seed of loss and noise")
        malformed = setting("malformed", 0.0, "broken packets sent beside the good ones, per good one")
        config, spec = load(file, address), load_graph("realtime")
        self._faults = faults or Faults(malformed, seed=seed)
        self._capture = VirtualCapture(marker_indices(config.markers), groups, seed)
        markers, trial = spec.topics["mocap/markers"], spec.topics["trial"]
        self._server = OwlServer(markers.rate, config.server, config.port)
        self.get_logger().info(f"serving {TRUTH} on {config.server}:{self._server.port}")
        self._episode: int | None = None
        self.create_subscription(
            message_class(markers.message), TRUTH, self._on_markers, subscription_qos(spec, "mocap/markers")
        )
        self.create_subscription(message_class(trial.message), "trial", self._on_trial, subscription_qos(spec, "trial"))
        self.diagnostics = Diagnostics(self, self._report)

    def destroy_node(self) -> None:
        """Ends the server, then the node."""
        if (server := getattr(self, "_server", None)) is not None:  # none where the constructor ended early
            server.close()
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


def serve(faults: Faults, **settings: Any) -> int:
    """Runs the node with these settings until it is interrupted."""
    run_node(lambda: PhaseSpaceEmulator(faults, **settings))
    return 0


def main() -> None:
    """Runs the node."""
    run_node(PhaseSpaceEmulator)
