"""Drivers of motion capture, cameras and hand, and servers that speak the devices' protocols in their place."""
