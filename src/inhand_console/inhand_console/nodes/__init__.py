"""ROS nodes of inhand_console."""
