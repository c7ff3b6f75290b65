"""The page of the command line: what `--help` says of each command."""

from __future__ import annotations

import contextlib
import io
import os

import tyro
from sources import block, page

from inhand_bringup.registry import Command, commands


def generate() -> str:
    """Return the page."""
    intro = "`inhand <command> --help` prints the same. The commands come from the packages' `inhand.commands`."
    return page("Command line", intro, (_command(command) for command in commands()))


def _command(command: Command) -> str:
    words = " ".join(command.words)
    os.environ.update(COLUMNS="100", NO_COLOR="1")
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        tyro.cli(command.entry.load(), prog=f"inhand {words}", args=["--help"])
    return f"## inhand {words}\n\n{block(said.getvalue(), 'text')}"
