"""One process of a launch: start, read its output, start again, end it by INT, TERM, KILL."""

import asyncio
import ctypes
import os
import signal
import traceback
from collections.abc import Callable

from .logs import Logs
from .process_spec import ProcessSpec

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_DRAIN_S = 0.5  # how long a dead process's pipes may stay open (a child of its own may hold them)


def _die_with_launch() -> None:
    """Ask the kernel to kill this process when launch itself is killed and cannot end it any more."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A running <node> or <executable>; `name` carries the number that tells equal ones apart."""

    def __init__(self, spec: ProcessSpec, number: int, logs: Logs, required: Callable[[str], None]) -> None:
        """`required` is called with the name when the process has exited and its on_exit asks for a shutdown."""
        self.spec = spec
        self.name = f"{spec.name}-{number}"
        self._logs = logs
        self._required = required
        self._child: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()
        self._escalation: asyncio.Task | None = None

    async def run(self) -> None:
        """Run to the end, starting anew as often as `respawn` says and no shutdown has begun."""
        retries = 0
        while not self._ending.is_set():
            if not await self._run_once():
                break
            if not self.spec.respawn or self._ending.is_set():
                break
            if 0 <= self.spec.respawn_max_retries <= retries:
                break
            retries += 1
            try:
                await asyncio.wait_for(self._ending.wait(), self.spec.respawn_delay)
            except TimeoutError:
                continue
        if self._escalation:
            self._escalation.cancel()

    def end(self, *, announce: bool) -> None:
        """Begin the shutdown: SIGINT now, then SIGTERM and SIGKILL after the two timeouts."""
        if self._ending.is_set():
            return
        self._ending.set()
        if self._alive():
            self._escalation = asyncio.ensure_future(self._escalate(announce))

    def _alive(self) -> bool:
        return self._child is not None and self._child.returncode is None

    async def _run_once(self) -> bool:
        """Start the process and wait for its end; False when it could not be started."""
        command = self.spec.command
        options = {
            "stdin": asyncio.subprocess.DEVNULL,
            "stdout": asyncio.subprocess.PIPE,
            "stderr": asyncio.subprocess.PIPE,
            "cwd": self.spec.cwd,
            "env": self.spec.environment,
            "process_group": 0,  # Ctrl-C reaches it through us only, and its own children with it
            "preexec_fn": _die_with_launch,
        }
        try:
            if self.spec.shell:
                self._child = await asyncio.create_subprocess_shell(" ".join(command), **options)
            else:
                self._child = await asyncio.create_subprocess_exec(*command, **options)
        except OSError:
            self._logs.error(self.name, f"exception occurred while executing process:\n{traceback.format_exc()}")
            return False
        child = self._child
        self._logs.info(self.name, f"process started with pid [{child.pid}]")
        if self._ending.is_set():  # the shutdown began while the process was being started
            self._escalation = asyncio.ensure_future(self._escalate(announce=True))
        readers = [
            asyncio.ensure_future(self._read(stream, name))
            for stream, name in ((child.stdout, "stdout"), (child.stderr, "stderr"))
        ]
        code = await child.wait()
        _, unread = await asyncio.wait(readers, timeout=_DRAIN_S)
        for reader in unread:
            reader.cancel()
        self._send(signal.SIGKILL)  # what the process started and left behind
        self._report(child.pid, code)
        return True

    def _report(self, pid: int, code: int) -> None:
        if code == 0:
            self._logs.info(self.name, f"process has finished cleanly [pid {pid}]")
        else:
            command = " ".join(part for part in self.spec.command if part.strip())
            self._logs.error(self.name, f"process has died [pid {pid}, exit code {code}, cmd '{command}'].")
        if self.spec.shutdown_on_exit and not self._ending.is_set():
            self._required(self.name)

    async def _read(self, stream: asyncio.StreamReader, name: str) -> None:
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._logs.line(self.name, name, self.spec.output, line.decode(errors="replace"))
        if rest:
            self._logs.line(self.name, name, self.spec.output, rest.decode(errors="replace"))

    async def _escalate(self, announce: bool) -> None:
        term, kill = self.spec.sigterm_timeout, self.spec.sigkill_timeout
        if announce:
            self._logs.info(self.name, f"sending signal 'SIGINT' to process[{self.name}]")
        self._send(signal.SIGINT)
        await asyncio.sleep(term)
        self._too_slow(f"{term:g}", "SIGINT", signal.SIGTERM)
        await asyncio.sleep(kill)
        self._too_slow(f"{term + kill}", "SIGTERM", signal.SIGKILL)

    def _too_slow(self, waited: str, got: str, next_signal: signal.Signals) -> None:
        self._logs.error(
            self.name,
            f"process[{self.name}] failed to terminate '{waited}' seconds after receiving '{got}', "
            f"escalating to '{next_signal.name}'",
        )
        self._logs.info(self.name, f"sending signal '{next_signal.name}' to process[{self.name}]")
        self._send(next_signal)

    def _send(self, number: signal.Signals) -> None:
        """Signal the process's whole group; nothing happens where nobody is left in it."""
        if self._child is None:
            return
        try:
            os.killpg(self._child.pid, number)
        except (ProcessLookupError, PermissionError):
            pass
