"""Node of the Basler cameras: /camera_{top,left,right}/image_raw, image_raw/compressed and camera_info out.

Stamps are the exposures' starts. Pixels are fetched, converted and published only for topics with listeners.
"""

from __future__ import annotations

from pathlib import Path

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.parameter import Parameter

from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_drivers.basler.calibration import camera_info
from inhand_drivers.basler.config import SIDES, BaslerConfig
from inhand_drivers.basler.device import Frame
from inhand_drivers.basler.features import CameraError
from inhand_drivers.basler.rig import CameraRig
from inhand_drivers.nodes.basler_parameters import BaslerParameters
from inhand_drivers.nodes.basler_report import report
from inhand_drivers.nodes.ros_time import RosTime
from inhand_ros import Diagnostics, ManagedNode, declare, run_node
from inhand_ros.images import CameraOutlet
from inhand_ros.names import declare_frame_prefix

LOOK_S = 0.1


class BaslerDriver(ManagedNode):
    """Configuring opens and checks the cameras, activating grabs from them."""

    def __init__(self) -> None:
        self._rig: CameraRig  # from configuring on
        self._outlets, self._connected = dict[str, CameraOutlet](), list[bool]()
        super().__init__("basler_driver")
        self._time, self._prefix = RosTime(self), declare_frame_prefix(self)
        self._settings = BaslerParameters(self, self._time.simulated)
        text = "folder with camera_<side>.yaml as `inhand calibrate cameras` writes; empty: config/cameras"
        self._folder = Path(declare(self, "calibration", "", text) or resource_root() / "config/cameras").expanduser()
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self.bring_up()

    def configure(self) -> None:
        """Checks that all cameras are there and take their settings."""
        config = self._settings.config()
        self._infos = {side: camera_info(self._folder, side, config.camera(side)) for side in SIDES}
        for info in (info for info in self._infos.values() if not info.calibrated):
            self.get_logger().warning(f"{info.name} is not calibrated: no {self._folder / info.name}.yaml")
        self._rig = CameraRig(config, self._on_frame, self._log, self._time.now_ns)
        self._rig.check()

    def activate(self) -> None:
        """Starts grabbing."""
        self._outlets = {side: CameraOutlet(self, info, self._prefix) for side, info in self._infos.items()}
        self._regions = {side: self._rig.config.camera(side).region for side in SIDES}
        self._diagnostics = Diagnostics(
            self, lambda status: report(self._rig, self._outlets, status), hardware_id="cameras"
        )
        self._look = self.create_timer(LOOK_S, self._on_look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self._rig.start()

    def deactivate(self) -> None:
        """Stops grabbing and gives the cameras back."""
        self._rig.stop()
        self.destroy_timer(self._look)
        self._diagnostics.close()
        for outlet in self._outlets.values():
            outlet.close()
        self._outlets = {}

    def destroy_node(self) -> None:
        """Gives the cameras back, then ends the node."""
        if self._outlets:
            self.deactivate()
        super().destroy_node()

    def _on_frame(self, side: str, frame: Frame) -> None:
        outlet = self._outlets[side]
        try:
            if self.context.ok() and self._time.ready and outlet.wanted:
                outlet.publish(frame.pixels(), frame.stamp_ns)
        except RuntimeError:
            if self.context.ok():  # else a signal shut the context down in between
                raise

    def _on_set_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        try:
            config = self._settings.config(changes)
            if self._outlets:
                self._rig.apply(config)
                self._show_regions(config)
        except (ConfigError, CameraError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _show_regions(self, config: BaslerConfig) -> None:
        for side, (x, y, _, _) in self._regions.items():
            at_x, at_y, width, height = config.camera(side).region
            self._outlets[side].set_region(at_x - x, at_y - y, width, height)

    def _on_look(self) -> None:
        self._rig.raise_failures()
        connected = [worker.counts.connected for worker in self._rig.workers.values()]
        if connected != self._connected:
            self._connected = connected
            self._diagnostics.publish()

    def _log(self, level: str, text: str) -> None:
        if level == "info":  # rclpy wants one place in the code for each severity
            self.get_logger().info(text)
        else:
            self.get_logger().warning(text)


def main() -> None:
    """Runs the node."""
    run_node(BaslerDriver)
