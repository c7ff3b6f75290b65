"""The figures of the page as HTML: pure functions of a snapshot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from inhand_console.commands import Outcome
from inhand_console.health import Finding, Level
from inhand_console.snapshot import InUse, NodeReport
from inhand_console.trial_log import REASONS, FinishedTrial, TrialLog
from inhand_core.signals import Trial, TrialState
from inhand_viz.marker_status import COLORS, Seen

LEVEL_COLORS = {Level.OK: "#2ecc71", Level.WARN: "#f39c12", Level.ERROR: "#e74c3c"}
MODE_COLORS = {
    "RUNNING": "#2ecc71",
    "SOFT_START": "#3498db",
    "HOLD": "#f39c12",
    "DISABLED": "#7f8c8d",
    "ZERO_TORQUE": "#e74c3c",
    "STOPPED": "#e74c3c",
}
UNKNOWN = "#7f8c8d"
PAUSED = "#4dabf7"
"""A pause is no alarm."""
TOO_SLOW = "the machine is too slow"
"""With these words the monitor's report of an overload begins."""
TABLE = "width:100%;border-collapse:collapse"
CELL = "text-align:left;vertical-align:top;padding:0.2em 0.6em 0.2em 0;border-bottom:1px solid rgba(128,128,128,0.2)"
BLOCK = "margin:0 0.75em 0.5em;font-size:0.85em;line-height:1.45"


def trial_figures(trial: Trial | None, distance: float | None, tolerance: float) -> str:
    """Goals achieved in large figures, state of the trial, rotation distance to the goal [rad]."""
    if trial is None:
        return f'<div style="{BLOCK}">no trial yet</div>'
    state, reason = TrialState(int(trial.state[0])), REASONS[int(trial.reason[0])]
    words = f"trial {int(trial.trial_id[0])}: {state.name.lower()}" + (f", {reason}" if reason else "")
    goals = int(trial.goals_achieved[0])
    away = "–" if distance is None else f"{distance:.2f} rad to the goal (achieved below {tolerance:g})"
    return (
        f'<div style="{BLOCK}"><span id="inhand-goals" style="font-size:2.4em;font-weight:700">'
        f"{goals}</span> {'goal' if goals == 1 else 'goals'} achieved<br>{escape(words)}<br>{escape(away)}</div>"
    )


def trial_history(log: TrialLog, shown: int) -> str:
    """The newest trials, newest first, and a line over all of them."""
    head = _row(("trial", "began", "took", "goals", "s a goal", "end", "take"), "th")
    rows = "".join(_trial_row(trial) for trial in reversed(log.finished[-shown:]))
    table = f'<table style="{TABLE}">{head}{rows}</table>' if rows else ""
    return f'<div style="{BLOCK};overflow-x:auto">{escape(log.summary())}{table}</div>'


def health_table(findings: Sequence[Finding], title: str = "") -> str:
    """A row a finding: who, its state and rates, the age of its newest message; below, what to do. The worst first."""
    ordered = sorted(findings, key=lambda finding: -finding.level)
    head = _row((title, "state and rates", "age"), "th")
    rows = "".join(_finding_rows(finding) for finding in ordered)
    return f'<div style="{BLOCK}"><table style="{TABLE}">{head}{rows}</table></div>'


def recording(report: NodeReport | None) -> str:
    """What the recorder does, and what became of the last take."""
    if report is None:
        return f'<div style="{BLOCK}">no recorder is running</div>'
    value = report.values.get
    words = {
        "recording": f"recording to {value('take')}: {value('messages', '0')} messages",
        "undecided": f"{value('take')}: keep it, or discard it?",
        "kept": f"{value('take')} is kept",
        "discarded": f"{value('take')} is discarded",
    }.get(value("recording", ""), "not recording")
    if report.level:
        words += f" · {report.message}"
    dot = (
        f'<span style="color:{LEVEL_COLORS[Level.ERROR]}">&#9679;</span> ' if value("recording") == "recording" else ""
    )
    return f'<div id="inhand-recording" style="{BLOCK}">{dot}{escape(words)}</div>'


def in_use(used: InUse) -> str:
    """What the nodes use; one that differs from the others is named."""
    if used.weights is None and not used.randomization:
        return f'<div style="{BLOCK}">what is in use is not known: no policy answers</div>'
    groups: dict[str, list[str]] = {}
    for node, value in used.randomization.items():
        groups.setdefault(value, []).append(node)
    words = [f"{value} ({', '.join(nodes)})" if len(groups) > 1 else value for value, nodes in groups.items()]
    lines = (f"weights: {used.weights or 'not known'}", f"groups: {'; '.join(words) or 'not known'}")
    return f'<div id="inhand-in-use" style="{BLOCK}">In use: {escape(", ".join(lines))}</div>'


def outcome_line(outcome: Outcome | None) -> str:
    """What became of the last press of a button."""
    if outcome is None:
        return ""
    color = LEVEL_COLORS[Level.OK if outcome.success else Level.ERROR]
    words = f"{outcome.command.value}: {'done' if outcome.success else 'FAILED'}"
    words += f" ({outcome.message})" if outcome.message else ""
    return f'<div id="inhand-outcome" style="{BLOCK};color:{color}">{escape(words)}</div>'


def legend() -> str:
    """What the colours of the scene mean."""
    dots = "".join(
        f'<span style="color:rgb{COLORS[seen]}">&#9679;</span> {seen.name.lower()}&nbsp;&nbsp;' for seen in Seen
    )
    return (
        f'<div style="{BLOCK}">Markers: {dots}<br>Solid object: estimated pose; white outline: true pose (simulation); '
        "transparent: goal orientation.</div>"
    )


def overload(monitor: NodeReport | None) -> str:
    """What the monitor says of a machine that is too slow; "" where it does not."""
    return monitor.message[monitor.message.find(TOO_SLOW) :] if monitor and TOO_SLOW in monitor.message else ""


def _trial_row(trial: FinishedTrial) -> str:
    began = "–" if trial.began is None else time.strftime("%H:%M:%S", time.localtime(trial.began))
    took = "–" if trial.seconds is None else f"{trial.seconds:.0f} s"
    each = "–" if trial.seconds_per_goal is None else f"{trial.seconds_per_goal:.1f}"
    take = f'<span title="{escape(trial.take)}">{escape(Path(trial.take).name)}</span>' if trial.take else ""
    cells = [escape(text) for text in (str(trial.trial_id), began, took, str(trial.goals), each)]
    return _row((*cells, escape(REASONS[trial.reason] or "end not seen"), take), "td")


def _finding_rows(finding: Finding) -> str:
    color = LEVEL_COLORS[finding.level]
    who = f'<span style="color:{color}">&#9679;</span>&nbsp;<b>{escape(finding.subject)}</b>'
    # Breaks after a stream's rate, and nowhere in one.
    figures = escape(finding.figures).replace(" Hz, ", " Hz<br>").replace(" of ", "&nbsp;of&nbsp;")
    row = _row((who, figures.replace(" Hz", "&nbsp;Hz"), age(finding.age)), "td", bool(finding.advice))
    if not finding.advice:
        return row
    advice = f"what to do: {escape(finding.advice)}"
    return f'{row}<tr><td colspan="3" style="{CELL};padding-left:1.2em;color:{color}">{advice}</td></tr>'


def age(seconds: float | None) -> str:
    """An age as a person reads it; "" where there is none."""
    if seconds is None:
        return ""
    return f"{1e3 * seconds:.0f}&nbsp;ms" if seconds < 1.0 else f"{seconds:.0f}&nbsp;s"


def _row(cells: Sequence[str], kind: str, goes_on: bool = False) -> str:
    """A row of a table, of cells that are HTML; one that `goes_on` has no line below it."""
    style = CELL if kind == "td" else f"{CELL};opacity:0.65;font-weight:600"
    style += ";border-bottom:0" if goes_on else ""
    inner = "".join(f'<{kind} style="{style}">{cell}</{kind}>' for cell in cells)
    return f"<tr>{inner}</tr>"
