"""Node of the motion capture: frames of a PhaseSpace server out as /mocap/markers, one message a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from inhand_core.config import read_yaml
from inhand_core.graph import load_graph
from inhand_core.paths import config_file
from inhand_description import MARKERS
from inhand_drivers.nodes.ros_time import RosTime
from inhand_drivers.phasespace.client import make_client
from inhand_drivers.phasespace.config import IDENTIFIERS, PhaseSpaceConfig, load
from inhand_drivers.phasespace.connection import Connection
from inhand_drivers.phasespace.converter import FrameConverter
from inhand_drivers.phasespace.frames import Frame
from inhand_ros import Diagnostics, Labels, ManagedNode, declare, encode, run_node
from inhand_ros.messages import message_class
from inhand_ros.names import declare_frame_prefix
from inhand_ros.parameters import declare_config
from inhand_ros.qos import publisher_qos

TOPIC, LOOK_S = "mocap/markers", 0.1
FILE_ONLY = ("server", "port", "markers")


class PhaseSpaceDriver(ManagedNode):
    """Parameters are the entries of config/phasespace.yaml; the marker map is the file's alone."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        super().__init__("phasespace")
        file = declare(self, "config", "", "file of settings and marker map; empty: config/phasespace.yaml")
        address = declare(self, "address", "", "host or host:port of the server; empty: the file's server and port")
        path = Path(file) if file else config_file("phasespace")
        own = {name: value for name, value in read_yaml(path, IDENTIFIERS).items() if name not in FILE_ONLY}
        self._config = load(file, address, **declare_config(self, PhaseSpaceConfig, own, config_file("phasespace")))
        self._time, self._streams, self._prefix = RosTime(self), False, declare_frame_prefix(self)
        self.bring_up()

    def configure(self) -> None:
        """Loads the client and creates the publisher."""
        self._client = make_client(self._config)
        self._converter = FrameConverter(self._config)
        self._labels = Labels(marker_ids=tuple(row.id for row in MARKERS), frame_prefix=self._prefix)
        spec = load_graph("realtime")
        qos = publisher_qos(spec, TOPIC)
        qos.depth = max(qos.depth, self._config.rate)
        self._outlet = self.create_publisher(message_class(spec.topics[TOPIC].message), TOPIC, qos)
        self.diagnostics = Diagnostics(self, self._report, hardware_id="phasespace")

    def activate(self) -> None:
        """Starts connecting."""
        self._connection = Connection(
            self._client,
            self._config,
            self._on_frame,
            self._converter.connected,
            self._time.now_ns,
            self.get_logger().info,
            self._time.seconds,
        )
        self._connection.start()
        self._look = self.create_timer(LOOK_S, self._on_look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def deactivate(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self.destroy_timer(self._look)
            self._connection.stop()
            self._connection = None

    def cleanup(self) -> None:
        """Takes the publisher away."""
        self.destroy_publisher(self._outlet)
        self.diagnostics.close()

    def destroy_node(self) -> None:
        """Ends the thread, then the node."""
        self.deactivate()
        super().destroy_node()

    def _on_frame(self, frame: Frame, host_ns: int) -> None:
        host_ns = self._time.not_before(host_ns, frame.time_ns)
        if self._time.ready and (out := self._converter.convert(frame, host_ns)) is not None:
            self._outlet.publish(encode(out.markers, out.stamp_ns, out.sequence, self._labels))

    def _on_look(self) -> None:
        if (connection := self._connection) is None:
            return
        if connection.error is not None:
            raise connection.error
        if self._streams != (connection.state == "streaming"):
            self._streams = not self._streams
            self.diagnostics.publish()

    def _report(self, status: Diagnostics) -> None:
        converter, connection = self._converter, self._connection
        counts: dict[str, Any] = {"connection": connection.state if connection else "inactive"}
        counts |= {"connections": connection.connections} if connection else {}
        counts |= {"server": f"{self._config.server}:{self._config.port}", "frames": converter.frames}
        counts |= {"rate [Hz]": self._client.rate, "frames lost": converter.numbers.lost}
        counts |= {"frames repeated": converter.repeated, "frames with an implausible time": converter.implausible}
        counts |= {f"packets refused: {cause}": count for cause, count in self._client.refused().items()}
        counts |= {"markers not in the map": converter.markers.unknown, "markers lost now": converter.markers.lost_now}
        counts |= {"clock drift [ppm]": 1e6 * converter.clock.drift, "delay [ms]": 1e3 * converter.delay_s}
        for key, value in counts.items():
            status.add(key, value)
        if connection is not None and connection.state != "streaming":
            status.error(connection.trouble or "no frame yet")


def main() -> None:
    """Runs the node."""
    run_node(PhaseSpaceDriver)
