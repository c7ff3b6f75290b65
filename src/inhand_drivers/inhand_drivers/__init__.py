"""Drivers of motion capture, cameras and hand, and servers that speak the devices' protocols in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inhand_core.faces import lazy_face

if TYPE_CHECKING:
    from inhand_drivers.basler.config import BaslerConfig
    from inhand_drivers.basler.rig import CameraRig
    from inhand_drivers.hand.config import HandDriverConfig, load_driver_config
    from inhand_drivers.hand.core import HandCore
    from inhand_drivers.phasespace.client import CaptureClient, make_client
    from inhand_drivers.phasespace.config import PhaseSpaceConfig
    from inhand_drivers.phasespace.converter import FrameConverter

__all__ = [
    "BaslerConfig",
    "CameraRig",
    "CaptureClient",
    "FrameConverter",
    "HandCore",
    "HandDriverConfig",
    "PhaseSpaceConfig",
    "load_driver_config",
    "make_client",
]

__getattr__ = lazy_face(__name__)
