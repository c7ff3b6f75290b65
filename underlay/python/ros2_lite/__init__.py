"""A small `ros2` for machines whose ROS 2 comes from pip: the commands of ros2cli that this project uses.

Arguments, output and exit codes follow the real ros2 of Jazzy; what it cannot do is an error, never silence.
"""
