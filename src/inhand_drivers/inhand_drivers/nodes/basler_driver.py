"""Node of the Basler cameras: /camera_{top,left,right}/image_raw, image_raw/compressed and camera_info out.

Stamps are the exposures' starts. Pixels are fetched, converted and published only for topics with listeners.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from rcl_interfaces.msg import SetParametersResult
from rclpy.parameter import Parameter

from inhand_core.config import ConfigError
from inhand_core.paths import resource_root
from inhand_drivers.basler.calibration import camera_info
from inhand_drivers.basler.config import SIDES, BaslerConfig
from inhand_drivers.basler.device import Frame
from inhand_drivers.basler.emulation import emulation_folder
from inhand_drivers.basler.features import CameraError
from inhand_drivers.basler.rig import CameraRig
from inhand_drivers.nodes.basler_parameters import BaslerParameters
from inhand_drivers.nodes.ros_time import RosTime
from inhand_ros import Diagnostics, ManagedNode, declare, run_node
from inhand_ros.images import CameraOutlet


class BaslerDriver(ManagedNode):
    """Configuring opens and checks the cameras, activating grabs from them."""

    def __init__(self) -> None:
        super().__init__("basler_driver")
        self._parameters = BaslerParameters(self)
        text = "folder with camera_<side>.yaml as `inhand calibrate cameras` writes; empty: config/cameras"
        self._folder = Path(declare(self, "calibration", "", text) or resource_root() / "config/cameras").expanduser()
        self._time = RosTime(self)
        self._rig: CameraRig | None = None
        self._outlets: dict[str, CameraOutlet] = {}
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self.bring_up()

    def configure(self) -> None:
        """Checks that all cameras are there and take their settings."""
        config = self._config()
        self._infos = {side: camera_info(self._folder, side, config.camera(side)) for side in SIDES}
        for info in (info for info in self._infos.values() if not info.calibrated):
            self.get_logger().warning(f"{info.name} is not calibrated: no {self._folder / info.name}.yaml")
        self._rig = CameraRig(config, self._on_frame, self._log, self._time.now_ns)
        self._rig.check()

    def activate(self) -> None:
        """Starts grabbing."""
        self._outlets = {side: CameraOutlet(self, info) for side, info in self._infos.items()}
        self._regions = {side: self._rig.config.camera(side).region for side in SIDES}
        self._diagnostics = Diagnostics(self, self._report)
        self._rig.start()

    def deactivate(self) -> None:
        """Stops grabbing and gives the cameras back."""
        self._rig.stop()
        self._diagnostics.close()
        for outlet in self._outlets.values():
            outlet.close()
        self._outlets = {}

    def destroy_node(self) -> None:
        """Gives the cameras back, then ends the node."""
        if self._outlets:
            self.deactivate()
        super().destroy_node()

    def _config(self, changes: list[Parameter] | None = None) -> BaslerConfig:
        config = self._parameters.config(changes)
        folder = emulation_folder(config.emulation_folder, self.get_namespace())
        return dataclasses.replace(config, emulation_folder=folder)

    def _on_frame(self, side: str, frame: Frame) -> None:
        outlet = self._outlets[side]
        if outlet.wanted:
            outlet.publish(frame.pixels(), frame.stamp_ns)

    def _on_set_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        try:
            config = self._config(changes)
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

    def _report(self, status: Diagnostics) -> None:
        for side, worker in self._rig.workers.items():
            for key, value in vars(worker.counts).items():
                status.add(f"camera_{side} {key}", value)
            if not worker.counts.connected:
                status.error(f"camera_{side} is not connected: {worker.counts.error}")
        if (skew := self._rig.skew.percentiles_ms()) is not None:
            status.add("skew p50 [ms]", skew[0])
            status.add("skew p99 [ms]", skew[1])
            if skew[0] > self._rig.config.skew_limit_ms:
                status.warn(f"the cameras' frames are {skew[0]:.1f} ms apart")

    def _log(self, level: str, text: str) -> None:
        getattr(self.get_logger(), level)(text)


def main() -> None:
    """Runs the node."""
    run_node(BaslerDriver)
