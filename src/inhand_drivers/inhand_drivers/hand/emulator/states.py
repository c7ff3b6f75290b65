"""The AL state machine of a slave (ETG.1000.6): INIT, PRE_OP, SAFE_OP, OP, and the codes it refuses requests with."""

from __future__ import annotations

import enum
from collections.abc import Callable


class State(enum.IntEnum):
    """AL states, as in AL control and AL status."""

    INIT = 1
    PRE_OP = 2
    BOOT = 3
    SAFE_OP = 4
    OP = 8


class Code(enum.IntEnum):
    """AL status codes that this slave gives."""

    NONE = 0x0000
    INVALID_STATE_CHANGE = 0x0011
    UNKNOWN_STATE = 0x0012
    BOOT_NOT_SUPPORTED = 0x0013
    WATCHDOG = 0x001B
    INVALID_OUTPUT_CONFIGURATION = 0x001D
    INVALID_INPUT_CONFIGURATION = 0x001E


ACKNOWLEDGE = ERROR = 0x10
_NEXT = {State.INIT: State.PRE_OP, State.PRE_OP: State.SAFE_OP, State.SAFE_OP: State.OP}


class StateMachine:
    """Takes requests from AL control; `state`, `error` and `code` are what AL status and its code say.

    Args:
        check: asked before each step up with the state to come; a code other than NONE refuses it.
    """

    def __init__(self, check: Callable[[State], Code]) -> None:
        self.state, self.code, self.error = State.INIT, Code.NONE, False
        self._check = check

    @property
    def status(self) -> int:
        """Contents of the AL status register."""
        return self.state | (ERROR if self.error else 0)

    def request(self, control: int) -> None:
        """Handles a write of AL control."""
        if control & ACKNOWLEDGE:
            self.error, self.code = False, Code.NONE
        try:
            wanted = State(control & 0x0F)
        except ValueError:
            return self._refuse(Code.UNKNOWN_STATE)
        if wanted is State.BOOT:
            return self._refuse(Code.BOOT_NOT_SUPPORTED)
        if wanted <= self.state:
            self.state = wanted
            return None
        if self.error:
            return None  # the master must acknowledge first
        if _NEXT[self.state] is not wanted:
            return self._refuse(Code.INVALID_STATE_CHANGE)
        code = self._check(wanted)
        if code is not Code.NONE:
            return self._refuse(code)
        self.state = wanted
        return None

    def fall_back(self, state: State, code: Code) -> None:
        """The slave's own step down, with the error flag and its reason."""
        self.state = state
        self._refuse(code)

    def _refuse(self, code: Code) -> None:
        self.error, self.code = True, code
