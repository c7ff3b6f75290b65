"""Images between ROS messages and OpenCV arrays, with the API of the ROS package cv_bridge.

Used only where ROS itself lacks the package (PyPI's build of it breaks on NumPy 2).
"""

from .core import CvBridge, CvBridgeError

__all__ = ["CvBridge", "CvBridgeError"]
