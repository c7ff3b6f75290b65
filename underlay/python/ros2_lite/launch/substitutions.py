"""Texts with $(…) substitutions: parsing as the grammar of launch.frontend has it, performing, describing."""

import os
import random
import re
import shlex
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..index import find_package_prefix, find_package_share
from .context import Context
from .errors import LaunchError
from .expression import evaluate

_IDENTIFIER = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


@dataclass(frozen=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True)
class Call:
    """One $(name argument …); each argument is itself a text with substitutions."""

    name: str
    arguments: tuple["Template", ...]


Template = tuple[Text | Call, ...]


class _Parser:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0

    def error(self, what: str) -> LaunchError:
        return LaunchError(f"{what} at column {self.at + 1} of '{self.source}'")

    def template(self, stop: str, quoted: bool = False) -> Template:
        """Read up to an unescaped character of `stop` (not consumed) or the end."""
        parts: list[Text | Call] = []
        text: list[str] = []
        while self.at < len(self.source) and self.source[self.at] not in stop:
            if self.source.startswith("$(", self.at):
                if text:
                    parts.append(Text("".join(text)))
                    text = []
                parts.append(self.call(quoted))
            elif self.source[self.at] == "\\" and self.at + 1 < len(self.source):
                text.append(self.source[self.at + 1])
                self.at += 2
            else:
                text.append(self.source[self.at])
                self.at += 1
        if text or not parts:
            parts.append(Text("".join(text)))
        return tuple(parts)

    def call(self, quoted: bool) -> Call:
        """Read a $(name …); the position is on its dollar sign."""
        start, self.at = self.at, self.at + 2
        name_start = self.at
        while self.at < len(self.source) and self.source[self.at] in _IDENTIFIER:
            self.at += 1
        name, arguments = self.source[name_start : self.at], []
        while self.at < len(self.source) and self.source[self.at] == " ":
            self.at += 1
            arguments.append(self.argument(quoted))
        if not name or self.at >= len(self.source) or self.source[self.at] != ")":
            self.at = min(self.at, len(self.source))
            raise self.error(f"malformed substitution '{self.source[start : self.at + 1]}'")
        self.at += 1
        return Call(name, tuple(arguments))

    def argument(self, quoted: bool) -> Template:
        """Read one argument: 'quoted', "quoted", or up to a space or parenthesis."""
        quote = self.source[self.at : self.at + 1]
        if quote and quote in "'\"" and not quoted:
            self.at += 1
            inner = self.template(quote, quoted=True)
            if self.at >= len(self.source):
                raise self.error(f"no closing {quote}")
            self.at += 1
            return inner
        start = self.at
        inner = self.template(" '\"()", quoted)
        if self.at == start:
            raise self.error("empty argument (separate arguments by one space)")
        return inner


def parse(source: str) -> Template:
    """Parse a text with substitutions.

    Raises:
        LaunchError: a substitution is malformed or unknown.
    """
    template = _Parser(source).template("")
    _check_names(template)
    return template


def _check_names(template: Template) -> None:
    for part in template:
        if isinstance(part, Call):
            if part.name not in _CALLS:
                raise LaunchError(f"Unknown substitution: $({part.name} …); known: {', '.join(sorted(_CALLS))}")
            low, high = _CALLS[part.name].arguments
            if not low <= len(part.arguments) <= high:
                wants = f"{low}" if low == high else f"{low} to {high}"
                raise LaunchError(f"$({part.name} …) takes {wants} arguments, not {len(part.arguments)}")
            for argument in part.arguments:
                _check_names(argument)


def perform(template: Template, context: Context) -> str:
    """Return the text with all substitutions done.

    Raises:
        LaunchError: a variable, environment variable, package or file does not exist, or an expression fails.
    """
    return "".join(part.text if isinstance(part, Text) else _perform_call(part, context) for part in template)


def _perform_call(call: Call, context: Context) -> str:
    return _CALLS[call.name].perform(context, *(perform(argument, context) for argument in call.arguments))


def describe(template: Template) -> str:
    """Return a text as `ros2 launch --show-args` shows a default value."""
    return " + ".join(
        f"'{part.text}'" if isinstance(part, Text) else _CALLS[part.name].describe(*map(describe, part.arguments))
        for part in template
    )


def _variable(context: Context, name: str, default: str | None = None) -> str:
    value = context.configurations.get(name, default)
    if value is None:
        raise LaunchError(f"launch configuration '{name}' does not exist")
    return value


def _environment(context: Context, name: str, default: str | None = None) -> str:
    value = context.environment.get(name, default)
    if value is None:
        raise LaunchError(f"environment variable '{name}' does not exist")
    return value


def _file(context: Context) -> Path:
    if context.file is None:
        raise LaunchError("there is no current launch file")
    return context.file


def _executable(context: Context, executable: str, package: str) -> str:
    folder = Path(find_package_prefix(package)) / "lib" / package
    if not (folder / executable).is_file():
        raise LaunchError(f"executable '{executable}' not found on the libexec directory '{folder}'")
    return str(folder / executable)


def _anonymous(context: Context, name: str) -> str:
    """Return a name that no other launch has; the same one for the same argument in this launch."""
    parts = (name, socket.gethostname(), os.getpid(), random.SystemRandom().getrandbits(63))
    made = re.sub(r"[.:-]", "_", "_".join(map(str, parts)))
    return context.configurations.setdefault(f"anon{name}", made)


def _command(context: Context, line: str, on_stderr: str = "fail") -> str:
    """Return what a program prints; one that fails, or complains while it must not, ends the launch."""
    try:
        done = subprocess.run(shlex.split(line), env=context.environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise LaunchError(f"executed command failed. Command: {line}: {error}") from error
    if done.returncode != 0 or (done.stderr and on_stderr == "fail"):
        raise LaunchError(f"executed command failed. Command: {line}\nCaptured stderr output: {done.stderr.strip()}")
    return done.stdout


@dataclass(frozen=True)
class _Substitution:
    arguments: tuple[int, int]  # least and greatest number
    perform: Callable[..., str]
    describe: Callable[..., str]


def _with_default(function: str) -> Callable[..., str]:
    """Return a describer of a name with an optional default, as the real ones of `var` and `env` print themselves."""
    return lambda name, default=None: f"{function}({name})" if default is None else f"{function}({name}, {default})"


_CALLS = {
    "var": _Substitution((1, 2), _variable, lambda name, default=None: f"LaunchConfig({name})"),
    "env": _Substitution((1, 2), _environment, _with_default("EnvVar")),
    "find-pkg-share": _Substitution(
        (1, 1), lambda context, package: find_package_share(package), lambda pkg: f"FindPackageShare(pkg={pkg})"
    ),
    "find-pkg-prefix": _Substitution(
        (1, 1), lambda context, package: find_package_prefix(package), lambda pkg: f"FindPackagePrefix(pkg={pkg})"
    ),
    "exec-in-pkg": _Substitution((2, 2), _executable, lambda exe, pkg: f"ExecInPkg(pkg={pkg}, exec={exe})"),
    "anon": _Substitution((1, 1), _anonymous, lambda name: f"AnonName({name})"),
    "command": _Substitution((1, 2), _command, lambda line, on_stderr=None: f"Command({line})"),
    "dirname": _Substitution((0, 0), lambda context: str(_file(context).parent), lambda: "ThisLaunchFileDir()"),
    "filename": _Substitution((0, 0), lambda context: str(_file(context)), lambda: "ThisLaunchFile()"),
    "eval": _Substitution((1, 1), lambda context, text: evaluate(text), lambda text: f"PythonExpr({text}, ['math'])"),
}
