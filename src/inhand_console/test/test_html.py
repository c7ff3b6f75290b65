"""The figures as a person reads them."""

from __future__ import annotations

import numpy as np

from inhand_console import html
from inhand_console.commands import Command, Outcome
from inhand_console.health import Finding, Level
from inhand_console.trial_log import TrialLog
from inhand_core.signals import EndReason, Trial, TrialState


def trial(*numbers: int) -> Trial:
    return Trial(*(np.array([number]) for number in numbers))


def test_trial_figures_show_goals_state_reason_and_distance() -> None:
    shown = html.trial_figures(trial(3, 7, TrialState.ENDED, EndReason.DROPPED), 1.234, 0.4)
    for text in (">7</span> goals achieved", "trial 3: ended, object dropped", "1.23 rad", "below 0.4"):
        assert text in shown
    assert "– to the goal" not in html.trial_figures(None, None, 0.4)


def test_history_is_newest_first_and_no_longer_than_asked() -> None:
    log = TrialLog()
    for number in range(5):
        log.update(trial(number, number, TrialState.ENDED, EndReason.TIMEOUT))
    shown = html.trial_history(log, 2)
    assert shown.index(">4</td>") < shown.index(">3</td>") and ">2</td>" not in shown and "5 finished" in shown


def test_what_is_wrong_comes_first_and_text_is_escaped() -> None:
    findings = [Finding("fine", "1", Level.OK), Finding("bad", "<2", Level.ERROR, "do & see")]
    shown = html.health_table(findings)
    assert shown.index("bad") < shown.index("fine")
    assert "&lt;2" in shown and "what to do: do &amp; see</td>" in shown


def test_health_has_a_column_for_the_age_and_a_line_for_each_rate() -> None:
    shown = html.health_table([Finding("tracker", "a 80.0 of 80 Hz, b 79.0 of 80 Hz", Level.OK, age=0.012)], "Nodes")
    assert (
        "a 80.0&nbsp;of&nbsp;80&nbsp;Hz<br>b 79.0&nbsp;of&nbsp;80&nbsp;Hz" in shown
        and ">12&nbsp;ms</td>" in shown
        and ">Nodes</th>" in shown
    )
    assert html.age(None) == "" and html.age(3.4) == "3&nbsp;s"


def test_an_outcome_says_what_was_asked_and_what_came_of_it() -> None:
    assert html.outcome_line(None) == ""
    assert "pause the simulation: done" in html.outcome_line(Outcome(Command.PAUSE, True))
    assert "stop the hand: FAILED (nobody)" in html.outcome_line(Outcome(Command.STOP, False, "nobody"))


def test_every_command_and_reason_has_words() -> None:
    assert all(command.value for command in Command)
    assert len({command.value for command in Command}) == len(Command)
