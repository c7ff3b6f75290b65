"""What `basler_driver` says in /diagnostics."""

from __future__ import annotations

from collections.abc import Mapping

from inhand_drivers.basler.rig import CameraRig
from inhand_ros import Diagnostics
from inhand_ros.images import CameraOutlet


def report(rig: CameraRig, outlets: Mapping[str, CameraOutlet], status: Diagnostics) -> None:
    """Each camera's counts, and the skew between the cameras; ERROR while a camera is away."""
    for side, worker in rig.workers.items():
        for key, value in vars(worker.counts).items():
            status.add(f"camera_{side} {key}", value)
        status.add(f"camera_{side} published", outlets[side].published)
        if not worker.counts.connected:
            status.error(f"camera_{side} is not connected: {worker.counts.error}")
    if (skew := rig.skew.percentiles_ms()) is not None:
        status.add("skew p50 [ms]", skew[0])
        status.add("skew p99 [ms]", skew[1])
        if skew[0] > rig.config.skew_limit_ms:
            status.warn(f"the cameras' frames are {skew[0]:.1f} ms apart")
