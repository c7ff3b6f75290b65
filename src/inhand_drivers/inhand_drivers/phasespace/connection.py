"""Keeps a client connected to its capture server, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from inhand_drivers.phasespace.client import CaptureClient, CaptureError
from inhand_drivers.phasespace.config import PhaseSpaceConfig
from inhand_drivers.phasespace.frames import Frame

_POLL_S = 0.1


class Connection:
    """A thread that keeps a client connected and passes its frames on.

    Args:
        client: what connects.
        config: for the pauses.
        on_frame: called with each frame and the time at which it was heard, in the thread.
        on_connect: called with the server's rate [Hz] after each connection, in the thread.
        now_ns: the host's clock [ns].
        say: called with a line when the connection comes, goes, or cannot be had.
        seconds: what silence is counted in [s].

    Attributes:
        state: "connecting"; "connected", without a frame yet; "streaming"; "waiting" to connect again.
        connections: had so far. trouble: the last, "" when frames flow. error: a fault of our own that ended it.
    """

    def __init__(
        self,
        client: CaptureClient,
        config: PhaseSpaceConfig,
        on_frame: Callable[[Frame, int], None],
        on_connect: Callable[[float], None],
        now_ns: Callable[[], int],
        say: Callable[[str], object],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._config = client, config
        self._on_frame, self._on_connect, self._now_ns, self._say = on_frame, on_connect, now_ns, say
        self._seconds = seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="phasespace", daemon=True)
        self._silence = f"no frame for {config.silent_s:g} s"
        self._frames = 0
        self.state, self.trouble, self.connections = "connecting", "", 0
        self.error: Exception | None = None

    def start(self) -> None:
        """Starts connecting."""
        self._thread.start()

    def stop(self) -> None:
        """Ends connection and thread."""
        self._stop.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        try:
            self._keep_connected()
        except Exception as error:
            self.error = error  # the node raises it where it is seen
        finally:
            self._client.close()

    def _keep_connected(self) -> None:
        pause = self._config.backoff_min_s
        while not self._stop.is_set():
            self.state, self._frames = "connecting", 0
            try:
                self._client.open()
                self._connected()
                self._stream()
            except OSError as error:
                if not self._stop.is_set():
                    self._lost(str(error))
            self._client.close()
            pause = self._config.backoff_min_s if self._frames else pause
            self._stop.wait(pause)
            pause = min(2.0 * pause, self._config.backoff_max_s)

    def _connected(self) -> None:
        self.connections += 1
        self.state = "connected"
        self._on_connect(self._client.rate)
        where = f"{self._config.server}:{self._config.port}"
        if not self.trouble or self.trouble != self._silence:
            self._say(f"connected to {where}, {self._client.rate:g} frames a second")

    def _stream(self) -> None:
        """Passes frames on until the end; raises CaptureError when none comes for `silent_s`."""
        heard = self._seconds()
        while not self._stop.is_set():
            frames = self._client.receive(_POLL_S)
            if frames:
                host_ns, heard = self._now_ns(), self._seconds()
                self._frames += len(frames)
                self.state, self.trouble = "streaming", ""
                for frame in frames:
                    self._on_frame(frame, host_ns)
            elif self._seconds() - heard > self._config.silent_s:
                raise CaptureError(self._silence)

    def _lost(self, trouble: str) -> None:
        """Says so, but the same only once in a row."""
        self.state = "waiting"
        if trouble != self.trouble:
            self._say(f"{trouble}; trying again")
        self.trouble = trouble
