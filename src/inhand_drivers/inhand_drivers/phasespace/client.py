"""Clients of a capture server: our own on sockets, and the vendor's Python module."""

from __future__ import annotations

import importlib
import select
import socket
import time
from typing import Any, Protocol

import numpy as np

from inhand_core.config import ConfigError
from inhand_drivers.phasespace.config import CONTROL_PORT, PhaseSpaceConfig
from inhand_drivers.phasespace.frames import Frame, frame_of
from inhand_drivers.phasespace.packets import MARKER, PROTOCOL, Packet, PacketType, options, pack_text
from inhand_drivers.phasespace.session import GOODBYE, STREAMING, initialize_text, streaming_text
from inhand_drivers.phasespace.stream import PacketStream

CONNECT_S = 3.0
_DATAGRAM, _CHUNK, _UDP_BUFFER = 65536, 65536, 1 << 22


class CaptureError(OSError):
    """The server refuses, has gone, or does not speak this protocol; the message says which."""


class CaptureClient(Protocol):
    """What the driver needs of a client. `open` and `receive` raise OSError when the server is not there any more."""

    rate: float
    """Frames a second that the server has said it sends [Hz]; meaningful once open."""

    def open(self) -> None:
        """Connects and asks for frames."""
        ...

    def receive(self, timeout_s: float) -> list[Frame]:
        """Frames that have come; waits `timeout_s` for the first."""
        ...

    def close(self) -> None:
        """Ends the connection, if there is one."""
        ...

    def refused(self) -> dict[str, int]:
        """Packets refused since the start, by cause."""
        ...


class OwlClient:
    """Speaks OWL over TCP, with frames over TCP or UDP."""

    def __init__(self, config: PhaseSpaceConfig) -> None:
        self._config = config
        self._control: socket.socket | None = None
        self._datagrams: socket.socket | None = None
        self._tcp, self._udp = PacketStream(), PacketStream()
        self._early: list[Packet] = []
        self.rate = float(config.rate)

    def open(self) -> None:
        """Connects, initializes and starts the stream.

        Raises:
            CaptureError: the server refuses. OSError: it cannot be reached.
        """
        config = self._config
        try:
            self._control = socket.create_connection((config.server, config.port), CONNECT_S)
            self._control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._await("opened")
            self._ask(f"protocol={PROTOCOL}", "protocol")
            answer = self._ask(f"initialize {initialize_text(config)}", "initialized")
            self.rate = _rate(answer.get("frequency"), config.rate)
            self._bind()
            self._ask(streaming_text(config, self._datagrams.getsockname()[1] if self._datagrams else 0), "streaming")
        except OSError:
            self.close()
            raise

    def receive(self, timeout_s: float) -> list[Frame]:
        """Frames that have come; waits `timeout_s` for the first.

        Raises:
            OSError: the connection has ended, or the server reports an error.
        """
        packets, self._early = self._early, []
        sockets = [s for s in (self._control, self._datagrams) if s is not None]
        for ready in select.select(sockets, [], [], 0.0 if packets else timeout_s)[0]:
            packets += self._read_control() if ready is self._control else self._read_datagrams()
        for packet in packets:
            if "error" in (said := options(packet.text)):
                raise CaptureError(f"the capture server says: {said['error']}")
        return [frame for frame in map(frame_of, packets) if frame is not None]

    def close(self) -> None:
        """Says goodbye and closes the sockets."""
        if self._control is not None:
            try:
                self._control.settimeout(0.1)
                self._control.sendall(GOODBYE)
            except OSError:
                pass  # it is gone already: nobody to say goodbye to
            self._control.close()
        if self._datagrams is not None:
            self._datagrams.close()
        self._control = self._datagrams = None
        self._early = []
        self._tcp.end()

    def refused(self) -> dict[str, int]:
        """Packets refused since the start, by cause."""
        return {cause: self._tcp.refused[cause] + self._udp.refused[cause] for cause in self._tcp.refused}

    def _bind(self) -> None:
        if self._config.transport == "tcp":
            return
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _UDP_BUFFER)
        if self._config.transport == "broadcast":
            self._datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._datagrams.bind(("", self._config.broadcast_port))
        else:
            self._datagrams.bind(("", 0))
        self._datagrams.setblocking(False)

    @property
    def _open_control(self) -> socket.socket:
        if self._control is None:
            raise CaptureError("the connection is not open")
        return self._control

    def _ask(self, text: str, answer: str) -> dict[str, str]:
        self._open_control.sendall(pack_text(text))
        return self._await(answer)

    def _await(self, key: str) -> dict[str, str]:
        """Reads until a text with that key comes; frames that come with it are kept."""
        end = time.monotonic() + CONNECT_S
        while (left := end - time.monotonic()) > 0.0:
            if not select.select([self._open_control], [], [], left)[0]:
                continue
            found: dict[str, str] | None = None
            for packet in self._read_control():
                said = options(packet.text)
                if "error" in said:
                    raise CaptureError(f"the capture server refuses: {said['error']}")
                if key in said:
                    found = said
                elif packet.header.type == PacketType.FRAME:
                    self._early.append(packet)
            if found is not None:
                return found
        raise CaptureError(f"no {key!r} from the server within {CONNECT_S:g} s: is it an OWL server?")

    def _read_control(self) -> list[Packet]:
        if not (data := self._open_control.recv(_CHUNK)):
            raise CaptureError("the capture server has closed the connection")
        return self._tcp.feed(data)

    def _read_datagrams(self) -> list[Packet]:
        packets: list[Packet] = []
        while self._datagrams is not None:
            try:
                packets += self._udp.datagram(self._datagrams.recv(_DATAGRAM))
            except BlockingIOError:
                break
        return packets


class VendorClient:
    """The same through libowl2's Python module `owl`, which PhaseSpace ships with its systems."""

    def __init__(self, config: PhaseSpaceConfig) -> None:
        if config.port != CONTROL_PORT:
            raise ConfigError(f"client: vendor connects to port {CONTROL_PORT} alone, port is {config.port}")
        try:
            self._owl = importlib.import_module("owl")
        except ImportError as error:
            raise ConfigError(
                f"client: vendor needs PhaseSpace's Python module `owl` on PYTHONPATH ({error}); builtin needs nothing"
            ) from error
        if not hasattr(self._owl, "Context"):
            raise ConfigError("client: vendor: the module `owl` has no Context: it is not PhaseSpace's")
        self._config = config
        self._context: Any = None
        self.rate = float(config.rate)

    def open(self) -> None:
        """Connects, initializes and starts the stream; raises CaptureError when the vendor's client gives up."""
        self._context = self._owl.Context()
        try:
            self._context.open(self._config.server, f"timeout={round(CONNECT_S * 1e6)}")
            self._context.initialize(initialize_text(self._config))
            self._context.streaming(STREAMING[self._config.transport])
            self._check()
        except Exception as error:  # the module raises exceptions of its own
            self.close()
            raise CaptureError(f"the vendor's client: {error}") from error

    def receive(self, timeout_s: float) -> list[Frame]:
        """The next frame, if one comes within `timeout_s`."""
        self._check()
        try:
            event = self._context.nextEvent(round(timeout_s * 1e6))
        except Exception as error:
            raise CaptureError(f"the vendor's client: {error}") from error
        if not event or event.type_id != self._owl.Type.FRAME:
            return []
        rows = [(m.id, m.flags, m.time, (m.x, m.y, m.z), m.cond) for m in (event.markers if "markers" in event else [])]
        return [Frame(int(event.time), np.array(rows, MARKER))]

    def close(self) -> None:
        """Ends the session."""
        context, self._context = self._context, None
        if context is not None:
            try:
                context.done()
                context.close()
            except Exception:
                pass  # a session that has ended by itself cannot be ended again

    def refused(self) -> dict[str, int]:
        """Nothing: the vendor's client does not tell."""
        return {}

    def _check(self) -> None:
        if not (self._context.isOpen() and self._context.property("initialized")):
            raise CaptureError("the vendor's client has lost its server")


def make_client(config: PhaseSpaceConfig) -> CaptureClient:
    """The client that the configuration asks for.

    Raises:
        ConfigError: the vendor's is not installed.
    """
    return VendorClient(config) if config.client == "vendor" else OwlClient(config)


def _rate(text: str | None, asked: float) -> float:
    """The server's rate [Hz] where it says one that can be, else the one asked for."""
    try:
        rate = float(text or asked)
    except ValueError:
        return float(asked)
    return rate if 1.0 <= rate <= 1e5 else float(asked)


__all__ = ["CaptureClient", "CaptureError", "OwlClient", "VendorClient", "make_client"]
