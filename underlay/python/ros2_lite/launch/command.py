"""The command line of `ros2 launch`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from ..index import NotFound, find_in_share
from .errors import LaunchError
from .evaluate import declared
from .logs import Logs
from .service import LaunchService
from .substitutions import describe
from .xml_file import Element, read


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ros2 launch`."""
    parser.add_argument(
        "-n",
        "--noninteractive",
        action="store_true",
        default=not sys.stdin.isatty(),
        help="Run the launch system non-interactively, with no terminal associated",
    )
    parser.add_argument(
        "-d", "--debug", action="store_true", help="Put the launch system in debug mode: errors come with tracebacks."
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "-p",
        "--print",
        "--print-description",
        action="store_true",
        help="Print the launch description to the console without launching it.",
    )
    shown.add_argument(
        "-s",
        "--show-args",
        "--show-arguments",
        action="store_true",
        help="Show arguments that may be given to the launch file.",
    )
    parser.add_argument(
        "-a",
        "--show-all-subprocesses-output",
        action="store_true",
        help="Show all launched subprocesses' output by overriding their output configuration.",
    )
    parser.add_argument("--launch-prefix", help="Prefix command, which should go before all executables.")
    parser.add_argument(
        "--launch-prefix-filter", metavar="REGEX", help="Only executables that match get the --launch-prefix."
    )
    parser.add_argument("package_name", help="Name of the ROS package which contains the launch file")
    parser.add_argument("launch_file_name", nargs="?", help="Name of the launch file")
    parser.add_argument(
        "launch_arguments",
        nargs="*",
        help="Arguments to the launch file; '<name>:=<value>' (for duplicates, last one wins)",
    )


def main(options: argparse.Namespace) -> int | str:
    """Run `ros2 launch`; returns the exit code or an error message."""
    given = list(options.launch_arguments)
    try:
        if os.path.isfile(options.package_name):
            file = Path(options.package_name).resolve()
            if options.launch_file_name is not None:
                given.insert(0, options.launch_file_name)
        elif options.launch_file_name is None:
            return f"'{options.package_name}' is no file, and no launch file of a package of that name is given"
        else:
            file = find_in_share(options.package_name, options.launch_file_name)
        arguments = parse_arguments(given)
        if options.show_args:
            print(shown_arguments(file))
            return 0
        if options.print:
            print("\n".join(described(read(file))))
            return 0
    except (LaunchError, NotFound) as error:
        return str(error)
    if options.show_all_subprocesses_output:
        os.environ["OVERRIDE_LAUNCH_PROCESS_OUTPUT"] = "both"
    if options.launch_prefix is not None:
        arguments["launch-prefix"] = options.launch_prefix
    if options.launch_prefix_filter is not None:
        arguments["launch-prefix-filter"] = options.launch_prefix_filter
    logs = Logs()
    service = LaunchService(logs, noninteractive=options.noninteractive, debug=options.debug)
    try:
        return asyncio.run(service.run(file, arguments))
    finally:
        logs.close()


def parse_arguments(words: list[str]) -> dict[str, str]:
    """Return the arguments given as <name>:=<value>; of two with one name the last wins.

    Raises:
        LaunchError: a word has not this form.
    """
    arguments = {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator or not name or not value:
            raise LaunchError(f"malformed launch argument '{word}', expected format '<name>:=<value>'")
        arguments[name] = value
    return arguments


def described(element: Element) -> list[str]:
    """Return the lines of `ros2 launch --print`: the tags of a file as a tree, with their attributes."""
    given = "".join(f" {name}={value!r}" for name, value in element.attributes.items())
    lines = [f"{element.tag}{given}"]
    for child in element.children:
        last = child is element.children[-1]
        first, *rest = described(child)
        lines += [f"{'└── ' if last else '├── '}{first}", *(f"{'    ' if last else '│   '}{line}" for line in rest)]
    return lines


def shown_arguments(file: Path) -> str:
    """Return the text of `ros2 launch --show-args`.

    Raises:
        LaunchError: the file cannot be read.
    """
    lines = ["Arguments (pass arguments as '<name>:=<value>'):"]
    arguments = declared(file)
    for element, conditional in arguments:
        choices = [choice.attributes["value"] for choice in element.of("choice")]
        description = element.attributes.get("description")
        if description is None:
            description = f"One of: {choices}" if choices else "no description given"
        elif choices:
            description += f"{'' if description.endswith('.') else '.'} Valid choices are: {choices}"
        lines += ["", f"    '{element.attributes['name']}':{'*' if conditional else ''}", f"        {description}"]
        if (default := element.template("default")) is not None:
            lines.append(f"        (default: {describe(default)})")
    if not arguments:
        lines += ["", "  No arguments."]
    elif any(conditional for _, conditional in arguments):
        lines += ["", "* argument(s) which are only used if specific conditions occur"]
    return "\n".join(lines)
