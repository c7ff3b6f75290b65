"""What a person can ask the graph to do from the page."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass


class Command(enum.Enum):
    """A press of a button; the value is what the page says about it."""

    STOP = "stop the hand"
    CLEAR = "clear the stop"
    ENABLE = "enable the hand"
    START_TRIAL = "start a trial"
    STOP_TRIAL = "stop the trial"
    NEW_GOAL = "set a new goal"
    PAUSE = "pause the simulation"
    RESUME = "resume the simulation"
    STEP = "step the simulation"
    RESET = "reset the simulation"
    PUSH = "push the object"
    SET_GOAL = "use this goal"
    JOG = "jog a joint"
    RECORD = "start recording"
    END_RECORDING = "end the recording"
    KEEP = "keep the last take"
    DISCARD = "discard the last take"
    USE_WEIGHTS = "use these weights"
    USE_RANDOMIZATION = "use this randomisation"


LABELS = {
    Command.STOP: "STOP",
    Command.CLEAR: "Clear the stop",
    Command.ENABLE: "Enable",
    Command.START_TRIAL: "Start trial",
    Command.STOP_TRIAL: "Stop trial",
    Command.NEW_GOAL: "New goal",
    Command.PAUSE: "Pause",
    Command.RESUME: "Resume",
    Command.STEP: "Step",
    Command.RESET: "Reset",
    Command.PUSH: "Push the object",
    Command.SET_GOAL: "Use this goal",
    Command.JOG: "+ 5°",
    Command.RECORD: "Record",
    Command.END_RECORDING: "End",
    Command.KEEP: "Keep the take",
    Command.DISCARD: "Discard the take",
    Command.USE_WEIGHTS: "Use these weights",
    Command.USE_RANDOMIZATION: "Use these groups",
}
"""What stands on each command's button."""
SERVICES = {
    Command.STOP: "controller/stop",
    Command.CLEAR: "controller/clear",
    Command.ENABLE: "controller/enable",
    Command.START_TRIAL: "trial/start",
    Command.STOP_TRIAL: "trial/stop",
    Command.NEW_GOAL: "trial/new_goal",
    Command.PAUSE: "sim/pause",
    Command.RESUME: "sim/pause",
    Command.STEP: "sim/step",
    Command.RESET: "sim/reset",
    Command.RECORD: "recorder/start",
    Command.END_RECORDING: "recorder/stop",
    Command.KEEP: "recorder/keep",
    Command.DISCARD: "recorder/discard",
}
"""The service that each command calls, of those that are one call."""
_BUTTONS = {SERVICES[command]: LABELS[command] for command in reversed(SERVICES)}  # sim/pause is Pause, not Resume
_SERVICE = re.compile(r"(call )?/?\b(" + "|".join(map(re.escape, _BUTTONS)) + r")\b")


def in_buttons(message: str) -> str:
    """A message of the graph in the words of the page: services by the names of their buttons."""
    return _SERVICE.sub(lambda found: f"{'press ' if found[1] else ''}“{_BUTTONS[found[2]]}”", message)


@dataclass(frozen=True)
class Outcome:
    """How a command ended; `message` is what the graph answered, or why nothing answered."""

    command: Command
    success: bool
    message: str = ""


CommandHandler = Callable[[Command, str], None]
"""Takes a press and what was chosen with it ("" for most); called from the page's threads, must return at once."""
