"""A server that speaks OWL to any number of clients: a thread for the sessions, frames from whoever publishes them."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from dataclasses import dataclass, field

from inhand_drivers.phasespace.config import BROADCAST_PORT, CONTROL_PORT
from inhand_drivers.phasespace.session import STREAMING, Capture, Session, greeting

MAX_PENDING = 1 << 22
"""Bytes that may wait for a client that does not read; beyond, it is cut off, as it would stay late for ever."""
_POLL_S = 0.05


@dataclass
class _Peer:
    """A connection: its socket, its session, and what could not be sent yet."""

    socket: socket.socket
    address: str
    session: Session
    pending: bytearray = field(default_factory=bytearray)


class OwlServer:
    """Listens from its construction on; `close` ends it.

    Args:
        rate: frames a second that `publish` is called with [Hz]; clients may ask for a whole fraction of it.
        host, port: where to listen; port 0 takes a free one.
        profiles: LED profiles that clients may ask for; none: any.

    Attributes:
        port: where it listens.
        frames: published so far; dropped_clients: cut off because they did not read.
    """

    def __init__(
        self, rate: float, host: str = "127.0.0.1", port: int = CONTROL_PORT, profiles: tuple[str, ...] = ()
    ) -> None:
        self._capture = Capture(rate, profiles)
        self._listener = socket.create_server((host, port), reuse_port=False)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._broadcast = ("127.255.255.255" if host.startswith("127.") else "255.255.255.255", self._broadcast_port())
        self._peers: dict[int, _Peer] = {}
        self._lock = threading.RLock()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._closed = threading.Event()
        self.frames = self.dropped_clients = 0
        self._thread = threading.Thread(target=self._serve, name="owl_server", daemon=True)
        self._thread.start()

    @property
    def clients(self) -> int:
        """Number of clients that are being sent frames."""
        with self._lock:
            return sum(peer.session.streaming > 0 for peer in self._peers.values())

    def publish(self, packet: bytes) -> None:
        """Sends a frame (see `packets.pack_frame`) to every client that streams, if it is one of those asked for."""
        with self._lock:
            number = self.frames
            self.frames += 1
            if number % self._capture.divisor == 0:
                self.inject(packet)

    def inject(self, data: bytes) -> None:
        """Sends bytes as they are to every client that streams, as a broken server would."""
        with self._lock:
            peers = [peer for peer in self._peers.values() if peer.session.streaming]
            for peer in peers:
                if peer.session.streaming == STREAMING["tcp"]:
                    self._send(peer, data)
                elif peer.session.streaming == STREAMING["udp"]:
                    self._send_datagram(data, (peer.address, peer.session.udp_port))
            if any(peer.session.streaming == STREAMING["broadcast"] for peer in peers):
                self._send_datagram(data, self._broadcast)

    def close(self) -> None:
        """Ends all connections and the thread."""
        self._closed.set()
        self._thread.join(5.0)
        with self._lock:
            for peer in list(self._peers.values()):
                self._drop(peer)
            self._selector.close()
            self._listener.close()
            self._datagrams.close()

    def _broadcast_port(self) -> int:
        shifted = self.port - CONTROL_PORT + BROADCAST_PORT
        return shifted if 0 < shifted < 65536 else BROADCAST_PORT

    def _serve(self) -> None:
        while not self._closed.is_set():
            for key, events in self._selector.select(_POLL_S):
                with self._lock:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif (peer := self._peers.get(key.fd)) is not None:
                        self._attend(peer, events)

    def _accept(self) -> None:
        try:
            connection, address = self._listener.accept()
        except OSError:
            return  # the client has gone again
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = _Peer(connection, address[0], Session(self._capture))
        self._peers[connection.fileno()] = peer
        self._selector.register(connection, selectors.EVENT_READ)
        self._send(peer, greeting())

    def _attend(self, peer: _Peer, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                if not (data := peer.socket.recv(65536)):
                    self._drop(peer)
                    return
                self._send(peer, peer.session.receive(data))
            if events & selectors.EVENT_WRITE:
                self._send(peer, b"")
            if peer.session.ended and not peer.pending:
                self._drop(peer)
        except BlockingIOError:
            return
        except OSError:
            self._drop(peer)

    def _send(self, peer: _Peer, data: bytes) -> None:
        """Sends what the socket takes; the rest waits until it takes more."""
        had = bool(peer.pending)
        peer.pending += data
        try:
            del peer.pending[: peer.socket.send(peer.pending) if peer.pending else 0]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(peer)
            return
        if len(peer.pending) > MAX_PENDING:
            self.dropped_clients += 1
            self._drop(peer)
        elif had != bool(peer.pending):
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if peer.pending else 0)
            self._selector.modify(peer.socket, events)

    def _send_datagram(self, data: bytes, address: tuple[str, int]) -> None:
        with contextlib.suppress(OSError):  # as on a wire: a datagram that cannot be delivered is lost
            self._datagrams.sendto(data, address)

    def _drop(self, peer: _Peer) -> None:
        if self._peers.pop(peer.socket.fileno(), None) is None:
            return
        self._selector.unregister(peer.socket)
        peer.session.close()
        peer.socket.close()
