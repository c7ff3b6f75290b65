"""The command `ros2`: picks a command and, for the ones with verbs, a verb; loads only what that one needs."""

import argparse
import importlib
import os
import signal
import sys

COMMANDS = {
    "bag": ("Various rosbag related sub-commands", "bag.command"),
    "launch": ("Run a launch file", "launch.command"),
    "node": ("Various node related sub-commands", "node"),
    "param": ("Various param related sub-commands", "param"),
    "run": ("Run a package specific executable", "run"),
    "service": ("Various service related sub-commands", "service"),
    "topic": ("Various topic related sub-commands", "topic"),
}


def main(arguments: list[str] | None = None) -> int | str:
    """Run `ros2 <command> …`; returns the exit code, or a text to print to stderr for exit code 1."""
    words = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(
        prog="ros2",
        description="A small ros2 for machines whose ROS 2 comes from pip.",
        epilog="commands:\n" + "\n".join(f"  {name:8} {help}" for name, (help, _) in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="command", nargs="?")
    chosen = parser.parse_args(words[:1]).command
    if chosen is None:
        parser.print_help()
        return 0
    module = importlib.import_module(f"{__package__}.{COMMANDS[chosen][1]}")
    parser = argparse.ArgumentParser(prog=f"ros2 {chosen}", description=COMMANDS[chosen][0])
    module.add_arguments(parser)
    options = parser.parse_args(words[1:])
    if getattr(options, "verb", "") is None:
        parser.print_help()
        return 0
    try:
        return module.main(options)
    except KeyboardInterrupt:
        return signal.SIGINT  # as the real one does
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads: nothing more to say at exit
        return 141
