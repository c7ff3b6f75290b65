"""Recorded data: bags read, written and repaired, images of any encoding, camera geometry. No ROS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_data.bag_check import BagReport, CheckConfig, check_bag
    from inhand_data.bags import BagError, BagReader, open_bag
    from inhand_data.intrinsics import CameraError, Intrinsics, intrinsics_of
    from inhand_data.pixels import ImageError, compressed_image, rgb_image
    from inhand_data.rectify import make_rectifier
    from inhand_data.repair import Repaired, repair_bag

__all__ = [
    "BagError",
    "BagReader",
    "BagReport",
    "CameraError",
    "CheckConfig",
    "ImageError",
    "Intrinsics",
    "Repaired",
    "check_bag",
    "compressed_image",
    "intrinsics_of",
    "make_rectifier",
    "open_bag",
    "repair_bag",
    "rgb_image",
]

__getattr__ = lazy_face(__name__)
