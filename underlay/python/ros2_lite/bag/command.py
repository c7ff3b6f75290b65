"""The command line of `ros2 bag`."""

import argparse

from rosbags.rosbag2.errors import ReaderError

from . import info, play, record


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs and their arguments."""
    verbs = parser.add_subparsers(dest="verb", metavar="verb")
    for module, function, text in (
        (record, record.record, "Record ROS data to a bag"),
        (play, play.play, "Play back ROS data from a bag"),
        (info, info.info, "Print information about a bag"),
    ):
        verb = verbs.add_parser(function.__name__, help=text)
        module.add_arguments(verb)
        verb.set_defaults(function=function)


def main(options: argparse.Namespace) -> int | str:
    """Run a verb."""
    try:
        return options.function(options)
    except (ReaderError, OSError) as error:
        return str(error)
