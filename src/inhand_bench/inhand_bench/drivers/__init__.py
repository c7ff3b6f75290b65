"""Devices straight from the simulator and through emulator and driver."""
