"""Lets SIGINT end a ROS executable at once until its node takes the signals (`Ending`).

Imports take seconds on a busy machine. In the middle of them KeyboardInterrupt means nine tracebacks at Ctrl-C, and may
be swallowed. The command line, and who else imports these modules, is left alone.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from pathlib import Path

from inhand_core.launched import note_start
from inhand_core.paths import ensure_home

LIBEXEC = "lib"
"""ROS installs a package's executables in <prefix>/lib/<package>/."""


def is_ros_executable() -> bool:
    """Whether the running program is one."""
    return Path(sys.argv[0]).resolve().parent.parent.name == LIBEXEC


ensure_home()
if (
    threading.current_thread() is threading.main_thread()
    and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    and is_ros_executable()
):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if multiprocessing.parent_process() is None:
        note_start()
