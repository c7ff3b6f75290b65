"""`inhand completion`: commands, options and launch arguments for bash and zsh, read from source, not imported."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import Annotated, Literal

import tyro

from inhand_bringup.arguments import launch_file, read_arguments
from inhand_bringup.registry import Command, commands, source_function
from inhand_bringup.sim import LAUNCH_FILE

_SCRIPT = """_inhand() {{
  local before="${{COMP_WORDS[*]:1:$((COMP_CWORD - 1))}}" now="${{COMP_WORDS[COMP_CWORD]}}" choices=""
  case "$before" in
{cases}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$now"))
  case "${{COMPREPLY[0]}}" in *:=) compopt -o nospace 2>/dev/null ;; esac
}}
complete -o default -F _inhand inhand
"""
_ZSH = "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n"


def completion(shell: Annotated[Literal["bash", "zsh"], tyro.conf.Positional]) -> None:
    """Print a script that completes `inhand` in a shell, for example: eval "$(inhand completion bash)".

    Args:
        shell: bash or zsh.
    """
    print((_ZSH if shell == "zsh" else "") + script(commands()), end="")


def script(known: list[Command]) -> str:
    """Return the script for bash; zsh runs it too, by its bashcompinit."""
    groups: dict[str, list[str]] = defaultdict(list)
    for command in known:
        if len(command.words) == 2:
            groups[command.words[0]].append(command.words[1])
    first = sorted({command.words[0] for command in known} | {"--help", "--version"})
    cases = [_case('""', first)]
    cases += [_case(f'"{group}"', names) for group, names in groups.items()]
    for command in sorted(known, key=lambda c: -len(c.words)):
        words = " ".join(command.words)
        if command.words == ("sim",):
            names = [f"{name}:=" for name in read_arguments(launch_file(LAUNCH_FILE))]
        else:
            names = options(command)
        cases.append(_case(f'"{words}"|"{words} "*', [*names, "--help"]))
    return _SCRIPT.format(cases="\n".join(cases))


def options(command: Command) -> list[str]:
    """Return the options of a command, from its function's parameters; a switch that is on has its --no- form."""
    function = source_function(command.entry)
    if function is None:
        return []
    arguments = [*function.args.args, *function.args.kwonlyargs]
    defaults = [None] * (len(function.args.args) - len(function.args.defaults)) + function.args.defaults
    found = []
    for argument, default in zip(arguments, [*defaults, *function.args.kw_defaults]):
        if "Positional" in ast.unparse(argument.annotation) if argument.annotation else False:
            continue
        name = argument.arg.replace("_", "-")
        on = isinstance(default, ast.Constant) and default.value is True
        found.append(f"--no-{name}" if on else f"--{name}")
    return found


def _case(pattern: str, words: list[str]) -> str:
    return f'    {pattern}) choices="{" ".join(words)}" ;;'
