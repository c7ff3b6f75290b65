"""`ros2 bag record | play | info`: MCAP bags of raw serialized messages, by rosbags."""
