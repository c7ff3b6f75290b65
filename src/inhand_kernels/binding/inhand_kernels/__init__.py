"""Arithmetic of the graph's components in C++, over NumPy arrays with leading axis B; a row alone has the same bits."""

from inhand_kernels._kernels import Tracker, register_rows

__all__ = ["Tracker", "register_rows"]
