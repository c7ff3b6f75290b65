"""The figures of the page as HTML: pure functions of a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

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
BLOCK = "margin:0 0.75em 0.5em;font-size:0.85em;line-height:1.45"


def trial_figures(trial: Trial | None, distance: float | None, tolerance: float) -> str:
    """Goals achieved in large figures, state of the trial, rotation distance to the goal [rad]."""
    if trial is None:
        return f'<div style="{BLOCK}">no trial yet</div>'
    state, reason = TrialState(int(trial.state[0])), REASONS[int(trial.reason[0])]
    words = f"trial {int(trial.trial_id[0])}: {state.name.lower()}" + (f", {reason}" if reason else "")
    away = "–" if distance is None else f"{distance:.2f} rad to the goal (achieved below {tolerance:g})"
    return (
        f'<div style="{BLOCK}"><span id="inhand-goals" style="font-size:2.4em;font-weight:700">'
        f"{int(trial.goals_achieved[0])}</span> goals achieved<br>{escape(words)}<br>{escape(away)}</div>"
    )


def trial_history(log: TrialLog, shown: int) -> str:
    """The newest trials, newest first, and a line over all of them."""
    rows = "".join(_trial_row(trial) for trial in reversed(log.finished[-shown:]))
    return f'<div style="{BLOCK}">{escape(log.summary())}<table style="width:100%">{rows}</table></div>'


def health_table(findings: Sequence[Finding], title: str = "") -> str:
    """One line a finding; what is wrong comes first."""
    ordered = sorted(findings, key=lambda finding: -finding.level)
    head = f"<b>{escape(title)}</b>" if title else ""
    return f'<div style="{BLOCK}">{head}{"".join(_finding_line(finding) for finding in ordered)}</div>'


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
    why = REASONS[trial.reason] or "end not seen"
    return f"<tr><td>trial {trial.trial_id}</td><td>{trial.goals} goals</td><td>{escape(why)}</td></tr>"


def _finding_line(finding: Finding) -> str:
    dot = f'<span style="color:{LEVEL_COLORS[finding.level]}">&#9679;</span>'
    advice = f'<br><span style="margin-left:1.2em">→ {escape(finding.advice)}</span>' if finding.advice else ""
    return f"<div>{dot} <b>{escape(finding.subject)}</b> {escape(finding.figures)}{advice}</div>"
