"""The words of the page: a name for every command, and services by the names of their buttons."""

from __future__ import annotations

import pytest

from inhand_console.commands import LABELS, SERVICES, Command, in_buttons


def test_every_command_has_a_button_of_its_own() -> None:
    assert set(LABELS) == set(Command) and len(set(LABELS.values())) == len(Command)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            "refused: the controller is stopped; call controller/clear first",
            "refused: the controller is stopped; press “Clear the stop” first",
        ),
        ("stopped; controller/clear releases it", "stopped; “Clear the stop” releases it"),
        ("nobody offers sim/reset", "nobody offers “Reset”"),
        ("no answer from /sim/pause within 5 s", "no answer from “Pause” within 5 s"),
        ("no trial is running", "no trial is running"),
    ],
)
def test_messages_name_buttons(said: str, read: str) -> None:
    assert in_buttons(said) == read
    assert not any(service in in_buttons(said) for service in SERVICES.values())
