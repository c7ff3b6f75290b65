"""Real-time scheduling where the machine allows it, words on why not where it does not."""

from __future__ import annotations

import os


def use_fifo(priority: int) -> str | None:
    """Puts the calling thread under SCHED_FIFO; returns why it could not, or None.

    Args:
        priority: 1 … 99; 0: leave the thread as it is.
    """
    if priority == 0:
        return None
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError as error:
        return f"SCHED_FIFO {priority} denied: {error}; allow rtprio for this user in /etc/security/limits.d"
    return None
