"""Basler cameras on pylon, and pylon's emulation."""
