"""What pylon's emulated cameras see, and what goes wrong with them: a folder that another process writes.

`<folder>/camera_<side>/` holds pictures. Where it has a link `newest`, each exposure takes the picture that it names;
else pylon shows all pictures in turn. A file `unplugged` takes the camera away for as long as it is there; a file
`failing` holds the number of coming frames that are to arrive damaged.

pylon reads a picture when grabbing starts, which is why each new picture restarts it (1 ms).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from inhand_drivers.basler.features import CameraError

if TYPE_CHECKING:
    from inhand_drivers.basler.device import PylonCamera

KEPT = 8
"""Pictures kept in the folder: the driver may still read the one before."""
AUTO = "auto"
NEWEST, UNPLUGGED, FAILING = "newest", "unplugged", "failing"


def emulation_folder(name: str, namespace: str) -> str:
    """The folder of all cameras: `name`, or for AUTO one in memory for this ROS domain and namespace."""
    if name != AUTO:
        return name
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else Path(tempfile.gettempdir())
    suffix = "_".join([str(os.getuid()), os.environ.get("ROS_DOMAIN_ID", "0"), *namespace.strip("/").split("/")])
    return str(place / f"inhand_cameras_{suffix.rstrip('_')}")


class EmulatedScene:
    """The driver's side of one camera's folder.

    Args:
        folder: of this camera.

    Raises:
        CameraError: there is no such folder, or the camera is unplugged.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise CameraError(f"{folder}: no such folder of pictures; `inhand emulate cameras` makes it")
        if (folder / UNPLUGGED).exists():
            raise CameraError(f"{folder.name} is unplugged (emulated)")
        self._folder = folder
        self._shown = ""

    def begin(self, camera: PylonCamera) -> None:
        """Points the camera at the folder; to be called before grabbing starts.

        Raises:
            CameraError: the camera is a real one.
        """
        if not camera.emulated:
            raise CameraError(f"emulation_folder is for pylon's emulated cameras, but {camera.serial} is a real one")
        self._show(camera, self._newest() or str(self._folder))

    def before_exposure(self, camera: PylonCamera) -> None:
        """Brings the newest picture and the faults that were asked for to the camera."""
        if (self._folder / UNPLUGGED).exists():
            camera.nodes.GetNode("FirePnPCallbackValue").SetValue(1)
            return
        if (self._folder / FAILING).exists():
            count = int((self._folder / FAILING).read_text())
            (self._folder / FAILING).unlink()
            camera.nodes.GetNode("ForceFailedBufferCount").SetValue(count)
            camera.nodes.GetNode("ForceFailedBuffer").Execute()
        newest = self._newest()
        if newest is not None and newest != self._shown:
            camera.stop()
            self._show(camera, newest)
            camera.start()

    def _newest(self) -> str | None:
        try:
            return str(self._folder / os.readlink(self._folder / NEWEST))
        except FileNotFoundError:
            return None

    def _show(self, camera: PylonCamera, path: str) -> None:
        nodes = camera.nodes
        nodes.GetNode("TestImageSelector").FromString("Off")
        nodes.GetNode("ImageFileMode").FromString("On")
        nodes.GetNode("ImageFilename").SetValue(path)
        self._shown = path


class PictureFolder:
    """The other process's side: writes pictures and faults of one camera.

    Args:
        folder: of this camera; made where it is missing, and emptied.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        self._folder = folder
        self.written = 0

    def write(self, image: np.ndarray) -> None:
        """Makes an image (H, W, 3) uint8 RGB the one that the camera sees, without loss."""
        name = f"{self.written % KEPT}.bmp"
        _, data = cv2.imencode(".bmp", np.ascontiguousarray(image[..., ::-1]))
        self._put(name, data.tobytes())
        link = self._folder / f".{NEWEST}"
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        link.rename(self._folder / NEWEST)
        self.written += 1

    def unplug(self, unplugged: bool) -> None:
        """Takes the camera away, or brings it back."""
        if unplugged:
            self._put(UNPLUGGED, b"")
        else:
            (self._folder / UNPLUGGED).unlink(missing_ok=True)

    def fail(self, frames: int) -> None:
        """Damages the next frames."""
        self._put(FAILING, str(frames).encode())

    def remove(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _put(self, name: str, data: bytes) -> None:
        fresh = self._folder / f".{name}"
        fresh.write_bytes(data)
        fresh.rename(self._folder / name)
