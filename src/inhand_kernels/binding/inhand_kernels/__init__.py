"""Arithmetic of the graph's components in C++, over NumPy arrays with leading axis B; a row alone has the same bits."""

from inhand_kernels._kernels import (
    HARMONICS,
    Occlusion,
    Tracker,
    boxes_overlap,
    cubic_harmonics,
    register_rows,
)

__all__ = ["HARMONICS", "Occlusion", "Tracker", "boxes_overlap", "cubic_harmonics", "register_rows"]
