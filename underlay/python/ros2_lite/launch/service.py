"""A whole launch: starts the processes, passes signals on, waits for the end."""

import asyncio
import signal
import traceback
from pathlib import Path

from ..index import NotFound
from .errors import LaunchError
from .evaluate import evaluate
from .logs import Logs
from .process import Process
from .process_spec import ProcessSpec


class LaunchService:
    """Runs one launch file to its end.

    It ends when all processes have ended, when one with on_exit="shutdown" has, at Ctrl-C, or at SIGTERM.
    """

    def __init__(self, logs: Logs, *, noninteractive: bool, debug: bool = False) -> None:
        self._logs = logs
        self._debug = debug
        self._noninteractive = noninteractive
        self._processes: list[Process] = []
        self._shutting_down = False
        self._return_code = 0

    async def run(self, file: Path, arguments: dict[str, str]) -> int:
        """Evaluate and run a launch file; returns the exit code: 0, or 1 after an error of launch, a SIGTERM, or
        the failure of a process that the launch cannot do without."""
        self._logs.info("launch", f"All log files can be found below {self._logs.folder}")
        self._logs.info("launch", f"Default logging verbosity is set to {'DEBUG' if self._debug else 'INFO'}")
        try:
            items = list(evaluate(file, arguments))
        except (LaunchError, NotFound, ValueError) as error:
            self._logs.error("launch", f"Caught exception in launch (see debug for traceback): {error}")
            if self._debug:
                self._logs.debug("launch", traceback.format_exc())
            return 1
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._on_sigint)
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_sigterm, number)
        tasks = []
        for item in items:
            if isinstance(item, ProcessSpec):
                process = Process(item, len(self._processes) + 1, self._logs, self._on_required)
                self._processes.append(process)
                tasks.append(asyncio.ensure_future(process.run()))
            else:
                self._logs.info("launch.user", item)
        await asyncio.gather(*tasks)
        return self._return_code

    def _shutdown(self, *, announce: bool) -> None:
        if not self._shutting_down:
            self._shutting_down = True
            for process in reversed(self._processes):  # the real launch asks the last one first
                process.end(announce=announce)

    def _on_required(self, name: str, code: int) -> None:
        if code != 0:  # the real launch ends well all the same
            self._return_code = 1
        self._logs.info("launch", f"process[{name}] was required: shutting down launched system")
        self._shutdown(announce=True)

    def _on_sigint(self) -> None:
        message = "user interrupted with ctrl-c (SIGINT)"
        if self._shutting_down:
            self._logs.warning("launch", f"{message} again, ignoring...")
            return
        self._logs.warning("launch", message)
        self._shutdown(announce=self._noninteractive)

    def _on_sigterm(self, number: signal.Signals) -> None:
        # The real launch leaves its processes behind here; this one ends them first.
        self._return_code = 1
        name = signal.Signals(number).name
        self._logs.error("launch", f"user interrupted with ctrl-\\ ({name}), terminating...")
        self._shutdown(announce=True)
