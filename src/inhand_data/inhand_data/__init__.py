"""Recorded data: bags read, written and repaired, images of any encoding, camera geometry. No ROS."""
