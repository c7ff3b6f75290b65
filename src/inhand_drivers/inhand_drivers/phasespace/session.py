"""What client and server say to each other before frames flow: requests and answers as text, no sockets here.

The server greets with its type and name tables and `opened=1`; the client answers `protocol=2`, then
`initialize …options…`, which the server confirms with `initialized=1 …`, and `streaming=…`. What the server refuses it
answers with `error=…`.
"""

from __future__ import annotations

from dataclasses import dataclass

from inhand_drivers.phasespace.config import PhaseSpaceConfig
from inhand_drivers.phasespace.packets import (
    PROTOCOL,
    TIME_BASE_HZ,
    PacketType,
    StreamId,
    options,
    pack_text,
)
from inhand_drivers.phasespace.stream import PacketStream

STREAMING = {"tcp": 1, "udp": 2, "broadcast": 3}
GOODBYE = pack_text("done=1")


def initialize_text(config: PhaseSpaceConfig) -> str:
    """Options of `initialize`, for the vendor's client too: markers, time base, and for a master profile and rate."""
    text = f"event.markers=1 timebase=1,{TIME_BASE_HZ} slave={int(config.slave)}"
    return text if config.slave else f"{text} profile={config.profile} frequency={config.rate}"


def streaming_text(config: PhaseSpaceConfig, udp_port: int) -> str:
    """The request for frames; `udp_port` is where a client waits for datagrams."""
    text = f"streaming={STREAMING[config.transport]}"
    return f"{text} udp={udp_port}" if config.transport == "udp" else text


def greeting() -> bytes:
    """What a server says first: tables of types and names (`number=name`), and that the session is open."""
    types = " ".join(f"{int(kind)}={kind.name.lower()}" for kind in PacketType)
    names = " ".join(f"{int(stream)}={stream.name.lower()}" for stream in StreamId)
    return pack_text(types, stream=StreamId.TYPES) + pack_text(names, stream=StreamId.NAMES) + pack_text("opened=1")


@dataclass
class Capture:
    """What the sessions of one server share: who is master, and what it has asked for.

    Attributes:
        source_rate: frames a second that there are [Hz].
        profiles: LED profiles that can be asked for; none: any.
        master: the master's session; every n-th frame is sent, n = `divisor`.
    """

    source_rate: float
    profiles: tuple[str, ...] = ()
    profile: str = ""
    divisor: int = 1
    master: Session | None = None

    @property
    def rate(self) -> float:
        """Frames a second that clients get [Hz]."""
        return self.source_rate / self.divisor


class Session:
    """The server's side of one connection.

    Attributes:
        streaming: 0, or a number of `STREAMING`.
        udp_port: where the client waits for datagrams, with streaming 2.
        ended: the client has said goodbye.
        stream: what has come from the client.
    """

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._protocol = self._initialized = False
        self.streaming, self.udp_port, self.ended = 0, 0, False
        self.stream = PacketStream()

    def receive(self, data: bytes) -> bytes:
        """Takes bytes from the client; returns the answer, often empty."""
        return b"".join(pack_text(self._answer(p.text)) for p in self.stream.feed(data) if p.text)

    def close(self) -> None:
        """The connection is gone; a master's place becomes free."""
        if self._capture.master is self:
            self._capture.master = None

    def _answer(self, text: str) -> str:
        verb, _, rest = text.partition(" ")
        asked = options(text)
        if "protocol" in asked:
            self._protocol = asked["protocol"] == str(PROTOCOL)
            return f"protocol={PROTOCOL}" if self._protocol else f"error=protocol;known={PROTOCOL}"
        if "done" in asked:
            self.ended, self.streaming = True, 0
            return "done=1"
        if not self._protocol:
            return "error=protocol-first"
        if verb == "initialize":
            return self._initialize(options(rest))
        if "streaming" in asked:
            return self._stream(asked)
        return f"error=unknown-request;{verb}"

    def _initialize(self, asked: dict[str, str]) -> str:
        capture = self._capture
        if asked.get("slave", "0") == "0":
            if capture.master not in (None, self):
                return "error=another-client-is-master;use-slave=1"
            profile = asked.get("profile", "default")
            if capture.profiles and profile not in capture.profiles:
                return f"error=unknown-profile-{profile};known-{','.join(capture.profiles)}"
            try:
                frequency = float(asked.get("frequency", capture.source_rate))
            except ValueError:
                frequency = 0.0
            if not frequency >= 1.0:
                return f"error=frequency-{asked['frequency']}"
            capture.master, capture.profile = self, profile
            capture.divisor = max(1, round(capture.source_rate / frequency))
        self._initialized = True
        return f"initialized=1 profile={capture.profile or 'default'} frequency={capture.rate:g}"

    def _stream(self, asked: dict[str, str]) -> str:
        mode, port = asked["streaming"], asked.get("udp", "")
        if not self._initialized:
            return "error=initialize-first"
        if mode not in ("0", "1", "2", "3"):
            return f"error=streaming-{mode}"
        if mode == "2" and not (port.isdecimal() and 0 < int(port) < 65536):
            return "error=streaming-needs-udp-port"
        self.streaming, self.udp_port = int(mode), int(port) if mode == "2" else 0
        return f"streaming={mode}"
