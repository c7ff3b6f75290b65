"""Arithmetic of the graph's components in C++, over NumPy arrays with leading axis B; a row alone has the same bits."""

from inhand_kernels._kernels import (
    HARMONICS,
    Occlusion,
    Tracker,
    boxes_overlap,
    cubic_harmonics,
    register_rows,
)
from inhand_kernels.registration import Registration, register

__all__ = [
    "HARMONICS",
    "Occlusion",
    "Registration",
    "Tracker",
    "boxes_overlap",
    "cubic_harmonics",
    "register",
    "register_rows",
]
