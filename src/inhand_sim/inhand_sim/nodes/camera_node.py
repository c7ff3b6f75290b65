"""Node of the simulator's cameras: sim/state in; camera_{top,left,right}/image_raw and camera_info out.

A process of its own, so that rendering never holds up physics; or one for each camera, which together take a third of
the time. Only cameras that somebody subscribes to are rendered;
until there is one, no renderer is made, and while there are none, sim/state is not subscribed to either. All images of
one snapshot carry its stamp; snapshots that come while the last is being rendered are left out.
"""

from __future__ import annotations

import time
from dataclasses import replace

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from inhand_core.config import ConfigError
from inhand_description import CAMERAS
from inhand_description.cameras import nominal_info
from inhand_interfaces.msg import SimState
from inhand_ros import Diagnostics, declare, run_node, to_ns
from inhand_ros.images import CameraOutlet
from inhand_sim.cameras import RENDERERS, Renderer, RendererError, load_cameras_config, make_renderer
from inhand_sim.nodes.snapshots import qpos_of

LOOK_S = 0.2


class CameraNode(Node):
    """Renders the newest snapshot for the cameras that are wanted."""

    def __init__(self) -> None:
        super().__init__("sim_cameras")
        config = load_cameras_config()
        name = declare(self, "renderer", config.renderer, f"one of {sorted(RENDERERS)}")
        threads = declare(self, "threads", config.threads, "of the software rasteriser; 0: one a core", (0, 256))
        rows = {row.name: row for row in CAMERAS}
        only = declare(self, "camera", "", f"the one to render, of {list(rows)}; empty: all, one after the other")
        if only and only not in rows:
            raise ConfigError(f"camera: {only!r} is not one of {list(rows)}, nor empty for all")
        if name not in RENDERERS:
            raise ConfigError(f"renderer: {name!r} is not one of {sorted(RENDERERS)}")
        self._config = replace(config, renderer=name, threads=threads)
        self._object, self._renderer, self._failure = "", None, ""
        shown = [rows[only]] if only else CAMERAS
        self._outlets = {row.name: CameraOutlet(self, nominal_info(row)) for row in shown}
        self._inlet: Subscription | None = None
        self._counted, self._counted_s = dict.fromkeys(self._outlets, 0), time.monotonic()
        self._render_s, self._left_out, self._last = 0.0, 0, -1
        self.create_timer(LOOK_S, self._follow_readers, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._diagnostics = Diagnostics(self, self._report)

    def _renderer_for(self, object_name: str) -> Renderer | None:
        """The renderer of a scene with this object, made when it is first wanted; None where that failed."""
        if object_name != self._object:
            if self._renderer is not None:
                self._renderer.close()
            self._object, self._renderer = object_name, None
            try:
                self._renderer = make_renderer(object=object_name, config=self._config)
            except (RendererError, ConfigError) as error:
                self._failure = str(error)
                self.get_logger().error(self._failure)
        return self._renderer

    def _wanted(self) -> list[str]:
        return [name for name, outlet in self._outlets.items() if outlet.wanted]

    def _follow_readers(self) -> None:
        wanted = bool(self._wanted())
        if wanted and self._inlet is None:
            self._last = -1
            self._inlet = self.create_subscription(SimState, "sim/state", self._on_state, QoSProfile(depth=1))
        elif not wanted and self._inlet is not None:
            self.destroy_subscription(self._inlet)
            self._inlet = None

    def _on_state(self, message: SimState) -> None:
        cameras = self._wanted()
        if not cameras:
            return
        self._left_out += message.sequence - self._last - 1 if 0 <= self._last < message.sequence else 0
        self._last = message.sequence
        if (renderer := self._renderer_for(message.object)) is None:
            return
        start = time.monotonic()
        images = renderer.render(qpos_of(message), cameras, message.object_scale)
        self._render_s = (time.monotonic() - start) / len(cameras)
        stamp_ns = to_ns(message.header.stamp)
        for name, image in zip(cameras, images, strict=True):
            self._outlets[name].publish(image, stamp_ns, info=False)
        for name in cameras:
            self._outlets[name].publish_info(stamp_ns)

    def _report(self, status: Diagnostics) -> None:
        status.add("renderer", self._config.renderer)
        if self._failure:
            status.error(self._failure)
        status.add("render time per image [ms]", 1000.0 * self._render_s)
        status.add("snapshots left out", self._left_out)
        now = time.monotonic()
        for name, outlet in self._outlets.items():
            status.add(f"{name} rate [Hz]", (outlet.published - self._counted[name]) / (now - self._counted_s))
            self._counted[name] = outlet.published
        self._counted_s = now


def main() -> None:
    """Runs the node."""
    run_node(CameraNode)
