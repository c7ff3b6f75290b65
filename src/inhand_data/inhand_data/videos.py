"""Videos by OpenCV, which says nothing when the disk is full: whoever writes one looks at what is there afterwards."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import cv2
import numpy as np


def video_writer(path: Path, rate: float, size: tuple[int, int]) -> cv2.VideoWriter:
    """Begins an .mp4 of (height, width), with its folder.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (size[1], size[0]))
    if not writer.isOpened():
        raise OSError(errno.EIO, "cannot be written; is the disk full?", str(path))
    return writer


def check_video(path: Path, frames: int) -> None:
    """Looks whether a video that was released is there as a whole.

    Raises:
        OSError: it is not.
    """
    video = cv2.VideoCapture(str(path))
    held = round(video.get(cv2.CAP_PROP_FRAME_COUNT)) if video.isOpened() else 0
    if held != frames:
        free = os.statvfs(path.parent)
        room = f"{free.f_bavail * free.f_frsize / 2**20:.1f} MiB free on the disk"
        raise OSError(errno.EIO, f"holds {held} of {frames} frames that were written, {room}", str(path))


def write_picture(path: Path, image: np.ndarray) -> None:
    """Writes an image file of pixels (H, W, 3) uint8, BGR.

    Raises:
        OSError: the disk refuses.
    """
    if not cv2.imwrite(str(path), image):
        raise OSError(errno.EIO, "cannot be written; is the disk full?", str(path))
