"""Features of a camera by name (GenICam), whatever its model calls them; refusals name the feature and the choices."""

from __future__ import annotations

from typing import Any

from pypylon import genicam

# The names of USB3 Vision and newer cameras first, then those of older GigE models and of pylon's emulation.
ALIASES = {
    "ExposureTime": ("ExposureTime", "ExposureTimeAbs"),
    "Gain": ("Gain",),
    "AcquisitionFrameRate": ("AcquisitionFrameRate", "AcquisitionFrameRateAbs"),
}
PACKED = {"RGB8": "RGB8Packed", "BGR8": "BGR8Packed"}


class CameraError(RuntimeError):
    """A camera that is missing, has gone, or refuses a setting."""


def find(nodes: Any, name: str) -> Any | None:
    """The feature of that name, or of its other name, that the camera implements; None where it has none."""
    for alias in ALIASES.get(name, (name,)):
        node = nodes.GetNode(alias)
        if node is not None and genicam.IsImplemented(node):
            return node
    return None


def require(nodes: Any, name: str) -> Any:
    """The feature of that name.

    Raises:
        CameraError: the camera has none.
    """
    node = find(nodes, name)
    if node is None:
        raise CameraError(f"this camera has no {name}")
    return node


def set_number(nodes: Any, name: str, value: float, unit: str) -> None:
    """Sets a number.

    Raises:
        CameraError: the camera has no such feature, the value is outside its range, or it is locked now.
    """
    node = require(nodes, name)
    if not genicam.IsWritable(node):
        raise CameraError(f"{name} cannot be changed now")
    low, high = node.GetMin(), node.GetMax()
    if not low <= value <= high:
        raise CameraError(f"{name} {value:g} {unit} is outside {low:g} … {high:g} {unit} of this camera")
    step = node.GetInc() if isinstance(node, genicam.IInteger) else 1
    if step > 1 and (int(value) - low) % step:
        raise CameraError(f"{name} {value:g} {unit} is not {low:g} plus a multiple of {step}")
    node.SetValue(int(value) if isinstance(node, genicam.IInteger) else float(value))


def set_choice(nodes: Any, name: str, value: str) -> None:
    """Sets a choice.

    Raises:
        CameraError: the camera has no such feature or choice.
    """
    node = require(nodes, name)
    choices = list(node.GetSymbolics())
    value = next((v for v in (value, PACKED.get(value, value)) if v in choices), value)
    if value not in choices:
        raise CameraError(f"{name} {value!r} is not one of {choices}")
    node.FromString(value)


def set_region(nodes: Any, region: tuple[int, int, int, int]) -> None:
    """Sets the region of the sensor that is read: offset_x, offset_y, width, height [px].

    Raises:
        CameraError: it does not lie on the sensor.
    """
    names = ("OffsetX", "OffsetY", "Width", "Height")
    for name in names[:2]:
        set_number(nodes, name, require(nodes, name).GetMin(), "px")  # else the old offsets limit the new size
    for name in (*names[2:], *names[:2]):
        set_number(nodes, name, region[names.index(name)], "px")
