"""`ros2 launch` for the subset of launch XML that this project's files use."""
