"""The command line `inhand <command> …`: finds the command by its words, imports only its module, calls it."""

import difflib
import os
import sys

# Matrices here are small, and physics has threads of its own: BLAS threads that wait for each other on a busy machine
# made evaluations several times slower. Before NumPy is imported; whoever sets it otherwise has their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from inhand_core.machine import Alone

from .registry import Command, commands

MEASURING = ("bench", "study")
"""Groups of commands that print figures of this machine."""
THEMSELVES = (("bench", "graph"),)
"""Commands of them that look by themselves at who else used it."""
USER_ERRORS = (ValueError, KeyError, OSError, RuntimeError)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code (2 for an unknown command)."""
    words = sys.argv[1:] if arguments is None else arguments
    known = commands()
    if not words or words[0] in ("-h", "--help"):
        print(overview(known))
        return 0
    if words[0] == "--version":
        print(version())
        return 0
    for length in (2, 1):
        for command in known:
            if len(command.words) == length and command.words == tuple(words[:length]):
                return call(command, words[length:])
    within = [command for command in known if command.words[0] == words[0]]
    if within and (len(words) == 1 or words[1] in ("-h", "--help")):
        print(overview(within))
        return 0
    print(unknown(words, within or known), file=sys.stderr)
    return 2


def call(command: Command, arguments: list[str]) -> int:
    """Import a command's function, let tyro read its arguments, and call it.

    What users get wrong (a missing file, a full disk, a value out of range) is printed as one line, with exit code 1.
    """
    import tyro

    function = command.entry.load()
    if command.words == ("sim",) and {"-h", "--help"} & set(arguments):
        print(sys.modules[function.__module__].help_text())
        return 0
    alone = Alone()
    try:
        result = tyro.cli(function, prog=f"inhand {' '.join(command.words)}", args=arguments)
        if command.words[0] in MEASURING and command.words not in THEMSELVES and (mark := alone.mark()):
            print(mark, file=sys.stderr)
    except USER_ERRORS as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"inhand {' '.join(command.words)}: {text}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else 0


def overview(shown: list[Command]) -> str:
    """Return the help: every command with the first line of its docstring."""
    width = max((len(" ".join(command.words)) for command in shown), default=0)
    lines = ["usage: inhand <command> [options]    (inhand <command> --help says which)", ""]
    lines += [f"  {' '.join(command.words):{width}}  {command.summary}" for command in shown]
    return "\n".join(lines)


def unknown(words: list[str], near: list[Command]) -> str:
    """Return the error for a command that is not there, with those that are."""
    if words[0] == "bench" and not any(command.words[0] == "bench" for command in near):
        return (
            "inhand: the benchmarks are the package inhand_bench, which is not installed here; in the workspace, "
            "`colcon build --packages-select inhand_bench` (or `make build`) installs it"
        )
    known = [" ".join(command.words) for command in near]
    typed, names = " ".join(words[:2]), known
    if near and len(words) > 1 and all(command.words[0] == words[0] for command in near):
        names = [name for name in known if difflib.get_close_matches(words[1], [name.partition(" ")[2]])]
    meant = [m for word in (typed, words[0]) for m in difflib.get_close_matches(word, names, 1)]
    if meant:
        return f"inhand: unknown command '{typed}', did you mean 'inhand {meant[0]}'? inhand --help lists all"
    names = ", ".join(known) or "none (is the workspace built and sourced?)"
    return f"inhand: unknown command '{typed}'; known: {names}"


def version() -> str:
    """Return name and version of the project, as installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return f"inhand {installed('inhand_bringup')}"
    except PackageNotFoundError:
        return "inhand (not installed: run `make build` and source setup.bash)"
