"""Node that shows images of topics to pylon's emulated cameras; `basler_driver` takes pictures of them.

Services camera_<side>/unplug (std_srvs/SetBool) and camera_<side>/fail (std_srvs/Trigger: the next 10 frames) make the
emulated cameras misbehave. Start the driver with PYLON_CAMEMU=3 and emulation_folder:=auto.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool, Trigger

from inhand_data.pixels import rgb_image
from inhand_drivers.basler.config import SIDES
from inhand_drivers.basler.emulation import AUTO, PictureFolder, emulation_folder
from inhand_ros import declare, run_node

FAILURES = 10
LOOK_S = 0.2
QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
GREY = np.full((480, 640, 3), 128, np.uint8)


class EmulateCameras(Node):
    """Writes what comes on <source>/camera_<side>/image_raw into the emulated cameras' folder.

    It subscribes while somebody listens to what the driver makes of it: rendering costs more than all the rest.
    """

    def __init__(self, **options: Any) -> None:
        self._folders: dict[str, PictureFolder] = {}
        super().__init__("emulate_cameras", **options)
        source = declare(self, "source", "sim", "namespace of the image topics that the cameras are to see")
        folder = declare(self, "folder", AUTO, "folder of the pictures; auto: where the driver looks")
        self._folder = Path(emulation_folder(folder, self.get_namespace()))
        self._source, self._inlets = source, {}
        for side in SIDES:
            self._folders[side] = pictures = PictureFolder(self._folder / f"camera_{side}")
            pictures.write(GREY)
            self.create_service(SetBool, f"{source}/camera_{side}/unplug", self._unplugger(side))
            self.create_service(Trigger, f"{source}/camera_{side}/fail", self._spoiler(side))
        self.create_timer(LOOK_S, self._follow_readers, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.get_logger().info(f"pictures of {source}/camera_* go to {self._folder}")

    def destroy_node(self) -> None:
        """Removes the pictures, then ends the node."""
        for pictures in self._folders.values():
            pictures.remove()
        if self._folder.is_dir() and not any(self._folder.iterdir()):
            self._folder.rmdir()
        super().destroy_node()

    def _follow_readers(self) -> None:
        for side in SIDES:
            image = f"camera_{side}/image_raw"
            wanted = any(self.count_subscribers(topic) for topic in (image, f"{image}/compressed"))
            if wanted and side not in self._inlets:
                self._inlets[side] = self.create_subscription(Image, f"{self._source}/{image}", self._writer(side), QOS)
            elif not wanted and side in self._inlets:
                self.destroy_subscription(self._inlets.pop(side))

    def _writer(self, side: str) -> Any:
        def write(message: Image) -> None:
            try:
                self._folders[side].write(rgb_image(message))
            except ValueError as error:
                self.get_logger().error(f"camera_{side}: {error}", throttle_duration_sec=5.0)

        return write

    def _unplugger(self, side: str) -> Any:
        def unplug(request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
            self._folders[side].unplug(request.data)
            response.success, response.message = True, "unplugged" if request.data else "plugged in"
            return response

        return unplug

    def _spoiler(self, side: str) -> Any:
        def spoil(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            self._folders[side].fail(FAILURES)
            response.success, response.message = True, f"the next {FAILURES} frames arrive damaged"
            return response

        return spoil


def cameras(source: str = "sim", folder: str = AUTO) -> None:
    """Shows image topics to pylon's emulated cameras, of which the camera driver takes pictures.

    Args:
        source: namespace of the topics camera_{top,left,right}/image_raw.
        folder: where the pictures go; auto: where the driver looks with emulation_folder:=auto.
    """
    options = [Parameter("source", value=source), Parameter("folder", value=folder)]
    run_node(lambda: EmulateCameras(parameter_overrides=options))


def main() -> None:
    """Runs the node."""
    run_node(EmulateCameras)
