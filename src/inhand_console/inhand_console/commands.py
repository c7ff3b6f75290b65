"""What a person can ask the graph to do from the page."""

from __future__ import annotations

import enum
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
    RECORD = "start recording"
    END_RECORDING = "end the recording"
    KEEP = "keep the last take"
    DISCARD = "discard the last take"
    USE_WEIGHTS = "use these weights"
    USE_RANDOMIZATION = "use this randomisation"


@dataclass(frozen=True)
class Outcome:
    """How a command ended; `message` is what the graph answered, or why nothing answered."""

    command: Command
    success: bool
    message: str = ""


CommandHandler = Callable[[Command, str], None]
"""Takes a press and what was chosen with it ("" for most); called from the page's threads, must return at once."""
