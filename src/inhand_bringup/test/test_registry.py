"""Commands are found, described without an import, called with their arguments; mistakes name what is there."""

from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import pytest

from inhand_bringup import cli, registry

MODULE = '''"""A module that must not be imported to be described."""
import sys

def greet(name: str, times: int = 1) -> int:
    """Say hello.

    At some length.
    """
    if times < 1:
        raise ValueError(f"times is {times}; it has to be 1 or more")
    print(f"hello {name} " * times)
    return 5
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a distribution with two commands and put it alone on the registry's shelf."""
    (tmp_path / "greeting.py").write_text(MODULE)
    metadata = tmp_path / "greeting-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: greeting\nVersion: 1.0\n")
    text = "[inhand.commands]\npolite.greet = greeting:greet\nhello = greeting:greet\n"
    (metadata / "entry_points.txt").write_text(text)
    found = [entry for entry in Distribution.at(metadata).entry_points if entry.group == registry.GROUP]
    monkeypatch.setattr(registry, "entry_points", lambda group: [e for e in found if e.group == group])
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_help_shows_first_lines_without_importing(installed, capsys):
    (installed / "greeting.py").write_text(MODULE + "\nraise RuntimeError('imported')\n")
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "hello         Say hello." in shown and "polite greet  Say hello." in shown
    assert "At some length" not in shown


def test_a_command_gets_its_arguments_and_gives_its_exit_code(installed, capsys):
    assert cli.main(["polite", "greet", "--name", "Ada", "--times", "2"]) == 5
    assert capsys.readouterr().out == "hello Ada hello Ada \n"


def test_a_users_mistake_is_one_line(installed, capsys):
    assert cli.main(["hello", "--name", "Ada", "--times", "0"]) == 1
    assert capsys.readouterr().err == "inhand hello: times is 0; it has to be 1 or more\n"


def test_unknown_commands_name_the_known_ones(installed, capsys):
    assert cli.main(["helo"]) == 2
    near = "did you mean 'inhand hello'? inhand --help lists all"
    assert capsys.readouterr().err == f"inhand: unknown command 'helo', {near}\n"
    assert cli.main(["xyz"]) == 2
    assert capsys.readouterr().err == "inhand: unknown command 'xyz'; known: hello, polite greet\n"
    assert cli.main(["polite", "gret"]) == 2
    assert "did you mean 'inhand polite greet'?" in capsys.readouterr().err
    assert cli.main(["polite", "bow"]) == 2
    assert capsys.readouterr().err == "inhand: unknown command 'polite bow'; known: polite greet\n"


def test_without_the_benchmarks_their_package_is_named(installed, capsys):
    assert cli.main(["bench", "env"]) == 2
    assert "inhand_bench" in capsys.readouterr().err


def test_a_group_alone_shows_its_commands(installed, capsys):
    assert cli.main(["polite"]) == 0
    shown = capsys.readouterr().out
    assert "polite greet" in shown and "  hello" not in shown


def test_one_name_for_two_functions_is_an_error(monkeypatch):
    twice = [EntryPoint("x", value, registry.GROUP) for value in ("a:f", "b:f")]
    monkeypatch.setattr(registry, "entry_points", lambda group: twice)
    with pytest.raises(ValueError, match="command 'x' is registered as a:f and b:f"):
        registry.commands()


def test_the_version_is_that_of_the_package(monkeypatch, capsys):
    monkeypatch.setattr("importlib.metadata.version", lambda name: {"inhand_bringup": "1.2.3"}[name])
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == "inhand 1.2.3\n"
