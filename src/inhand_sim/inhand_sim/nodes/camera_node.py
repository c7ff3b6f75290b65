"""Node of the simulator's cameras: sim/state in; camera_{top,left,right}/image_raw and camera_info out.

A process of its own, so that rendering never holds up physics, which starts another for each camera that somebody
subscribes to. While nobody does, there are none, and sim/state is not subscribed to either. All images of one snapshot
carry its stamp; snapshots that come while the last is being rendered are left out.
"""

from __future__ import annotations

from dataclasses import replace

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.subscription import Subscription

from inhand_core.config import ConfigError
from inhand_core.graph import known_groups, resolve_groups
from inhand_description import CAMERAS
from inhand_description.cameras import nominal_info
from inhand_interfaces.msg import SimState, Trial
from inhand_ros import Diagnostics, declare, run_node, to_ns
from inhand_ros.images import CameraOutlet
from inhand_ros.names import declare_frame_prefix
from inhand_sim.cameras import RENDERERS, load_cameras_config
from inhand_sim.cameras.process import CALIBRATED, Order
from inhand_sim.cameras.studio import Studio
from inhand_sim.nodes.camera_report import CameraReport
from inhand_sim.nodes.snapshots import qpos_of

LOOK_S = 0.2
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RANDOMIZATION = "as of the other nodes; with all groups the looks differ from trial to trial; may change at any time"


class CameraNode(Node):
    """Has the newest snapshot rendered for the cameras that are wanted."""

    def __init__(self) -> None:
        super().__init__("sim_cameras")
        config = load_cameras_config()
        name = declare(self, "renderer", config.renderer, f"one of {sorted(RENDERERS)}")
        threads = declare(self, "threads", config.threads, "of the software rasteriser; 0: one a core", (0, 256))
        if name not in RENDERERS:
            raise ConfigError(f"renderer: {name!r} is not one of {sorted(RENDERERS)}")
        self._config = replace(config, renderer=name, threads=threads)
        self._studio = Studio(self._config, declare(self, "seed", 0, "seed of the run"))
        self._random = differs(declare(self, "randomization", "none", RANDOMIZATION, read_only=False))
        self.add_on_set_parameters_callback(self._on_set)
        prefix, self._trial, self._left_out, self._last = declare_frame_prefix(self), 0, 0, -1
        self._outlets = {row.name: CameraOutlet(self, nominal_info(row), prefix) for row in CAMERAS}
        self._inlet: Subscription | None = None
        self.create_subscription(Trial, "trial", self._on_trial, LATCHED)
        self.create_timer(LOOK_S, self._follow_readers, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._details = CameraReport(self, self._studio, self._outlets)
        self._diagnostics = Diagnostics(self, self._report)

    def destroy_node(self) -> None:
        """Ends the processes, then the node."""
        if (studio := getattr(self, "_studio", None)) is not None:  # none where the constructor ended early
            studio.close()
        super().destroy_node()

    def _wanted(self) -> list[str]:
        return [name for name, outlet in self._outlets.items() if outlet.wanted]

    def _follow_readers(self) -> None:
        self._studio.follow(wanted := self._wanted())
        if wanted and self._inlet is None:
            self._last = -1
            self._inlet = self.create_subscription(SimState, "sim/state", self._on_state, QoSProfile(depth=1))
        elif not wanted and self._inlet is not None:
            self.destroy_subscription(self._inlet)
            self._inlet = None

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        try:
            for parameter in parameters:
                if parameter.name == "randomization":
                    self._random = differs(parameter.value)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _on_trial(self, message: Trial) -> None:
        self._trial = message.trial_id

    def _on_state(self, message: SimState) -> None:
        self._left_out += message.sequence - self._last - 1 if 0 <= self._last < message.sequence else 0
        self._last, stamp_ns = message.sequence, to_ns(message.header.stamp)
        looks = self._trial if self._random else CALIBRATED
        order, done = Order(message.object, qpos_of(message), message.object_scale, looks), []
        for name, image in self._studio.render(order, self._wanted()):
            self._outlets[name].publish(image, stamp_ns, info=False)
            done.append(name)
        for name in done:
            self._outlets[name].publish_info(stamp_ns)

    def _report(self, status: Diagnostics) -> None:
        status.add("renderer", self._config.renderer)
        status.add("looks", f"of trial {self._trial}" if self._random else "calibrated")
        status.add("snapshots left out", self._left_out)
        self._details.fill(status)


def differs(selection: str) -> bool:
    """Whether a choice of groups randomises looks: `all` does, as the groups by themselves are about other things.

    Raises:
        ConfigError: an unknown group.
    """
    return set(resolve_groups(selection, known_groups())) == set(known_groups())


def main() -> None:
    """Runs the node."""
    run_node(CameraNode)
