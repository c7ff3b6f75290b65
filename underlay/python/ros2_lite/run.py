"""`ros2 run <package> <executable> …`."""

import argparse
import os
import shlex

from .index import NotFound, executables


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ros2 run`."""
    parser.add_argument("--prefix", default="", help="Prefix command, which should go before the executable.")
    parser.add_argument("package_name", help="Name of the ROS package")
    parser.add_argument("executable_name", help="Name of the executable")
    parser.add_argument("argv", nargs=argparse.REMAINDER, help="Pass arbitrary arguments to the executable")


def main(options: argparse.Namespace) -> int | str:
    """Become the executable, so that signals and the exit code are its own; returns only on an error."""
    try:
        found = executables(options.package_name)
    except NotFound as error:
        return str(error)
    matching = [path for path in found if path.name == options.executable_name]
    if not matching:
        names = ", ".join(path.name for path in found) or "none"
        return f"No executable found: package '{options.package_name}' has {names}"
    if len(matching) > 1:
        return f"Multiple executables found: {', '.join(map(str, matching))}"
    command = [*shlex.split(options.prefix), str(matching[0]), *options.argv]
    os.execvp(command[0], command)
