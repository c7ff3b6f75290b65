"""One process of a launch: start, read its output, start again, end it by INT, TERM, KILL."""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import traceback
from collections.abc import Callable
from typing import IO

from .logs import Logs
from .process_spec import ProcessSpec

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_DRAIN_S = 0.5  # how long a dead process's pipes may stay open (a child of its own may hold them)


def _die_with_launch() -> None:
    """Ask the kernel to kill this process when launch itself is killed and cannot end it any more."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


async def _exited(child: subprocess.Popen) -> int:
    """Wait for a process to end and return its exit code, negative for a signal.

    Not asyncio's own Process.wait(): in Python 3.11 that one also waits until all who hold the pipes have closed them.
    """
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    descriptor = os.pidfd_open(child.pid)
    loop.add_reader(descriptor, lambda: ended.done() or ended.set_result(None))
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
    return child.wait()


class Process:
    """A running <node> or <executable>; `name` carries the number that tells equal ones apart."""

    def __init__(self, spec: ProcessSpec, number: int, logs: Logs, required: Callable[[str, int], None]) -> None:
        """`required` is called with name and exit code when the process has exited and its on_exit is a shutdown."""
        self.spec = spec
        self.name = f"{spec.name}-{number}"
        self._logs = logs
        self._required = required
        self._child: subprocess.Popen | None = None
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
        try:
            self._child = child = self._start()
        except OSError:
            self._logs.error(self.name, f"exception occurred while executing process:\n{traceback.format_exc()}")
            return False
        self._logs.info(self.name, f"process started with pid [{child.pid}]")
        if self._ending.is_set():  # the shutdown began while the process was being started
            self._escalation = asyncio.ensure_future(self._escalate(announce=True))
        readers = [
            asyncio.ensure_future(self._read(pipe, name))
            for pipe, name in ((child.stdout, "stdout"), (child.stderr, "stderr"))
        ]
        code = await _exited(child)
        _, unread = await asyncio.wait(readers, timeout=_DRAIN_S)
        self._send(signal.SIGKILL)  # what the process started and left behind
        for reader in unread:
            reader.cancel()
        self._report(child.pid, code)
        return True

    def _start(self) -> subprocess.Popen:
        """Start the process in a group of its own: Ctrl-C reaches it through us only, and its own children with it."""
        return subprocess.Popen(
            " ".join(self.spec.command) if self.spec.shell else self.spec.command,
            shell=self.spec.shell,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.spec.cwd,
            env=self.spec.environment,
            process_group=0,
            preexec_fn=_die_with_launch,
        )

    def _report(self, pid: int, code: int) -> None:
        if code == 0:
            self._logs.info(self.name, f"process has finished cleanly [pid {pid}]")
        else:
            command = " ".join(part for part in self.spec.command if part.strip())
            self._logs.error(self.name, f"process has died [pid {pid}, exit code {code}, cmd '{command}'].")
        if self.spec.shutdown_on_exit and not self._ending.is_set():
            self._required(self.name, code)

    async def _read(self, pipe: IO[bytes], name: str) -> None:
        """Log the lines of one of the process's outputs until all who may write to it have closed it."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), pipe
        )
        try:
            await self._log_lines(stream, name)
        finally:
            transport.close()

    async def _log_lines(self, stream: asyncio.StreamReader, name: str) -> None:
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
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)
