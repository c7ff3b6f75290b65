"""Batched physics of hand and object, randomisation, and the simulators built on them; ROS in `nodes` alone."""
