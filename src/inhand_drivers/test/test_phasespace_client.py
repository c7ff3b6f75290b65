"""Client and server over real sockets: handshake, transports, master and slave, a lost server, the vendor's client."""

from __future__ import annotations

import itertools
import socket
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator

import pytest
from phasespace_wire import frame, records, settings, wait_for

from inhand_core.config import ConfigError
from inhand_drivers.phasespace.client import CaptureError, OwlClient, VendorClient, make_client
from inhand_drivers.phasespace.connection import Connection
from inhand_drivers.phasespace.emulator.server import OwlServer
from inhand_drivers.phasespace.frames import Frame
from inhand_drivers.phasespace.packets import pack_text
from inhand_drivers.phasespace.session import Capture, Session


@pytest.fixture
def serve() -> Iterator[Callable[..., OwlServer]]:
    """Starts servers on free ports."""
    servers = []

    def start(rate: float = 960.0, port: int = 0, **options) -> OwlServer:
        servers.append(OwlServer(rate, port=port, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def receive(client: OwlClient, count: int) -> list[Frame]:
    """Frames until there are `count`."""
    frames: list[Frame] = []
    end = time.monotonic() + 10.0
    while len(frames) < count and time.monotonic() < end:
        frames += client.receive(0.1)
    return frames


@pytest.mark.parametrize("transport", ["tcp", "udp", "broadcast"])
def test_every_frame_arrives_once_and_in_order(serve, transport: str) -> None:
    server = serve()
    client = OwlClient(settings(server.port, transport=transport, rate=960))
    client.open()
    wait_for(lambda: server.clients == 1, "a client that streams")
    assert client.rate == 960.0

    def send() -> None:
        for number in range(960):
            server.publish(frame(number * 1000))
            time.sleep(2e-4)

    sender = threading.Thread(target=send)
    sender.start()
    frames = receive(client, 960)
    sender.join()
    client.close()
    assert [f.time for f in frames] == list(range(0, 960_000, 1000))
    assert (frames[7].markers == records()).all() and sum(client.refused().values()) == 0


def test_a_lower_rate_is_a_whole_fraction_of_the_servers(serve) -> None:
    server = serve()
    client = OwlClient(settings(server.port, rate=240))
    client.open()
    assert client.rate == 240.0
    for number in range(12):
        server.publish(frame(number))
    assert [f.time for f in receive(client, 3)] == [0, 4, 8]
    client.close()


def test_one_master_any_number_of_slaves(serve) -> None:
    server = serve(profiles=("default", "hand"))
    master = OwlClient(settings(server.port, rate=480, profile="hand"))
    master.open()
    with pytest.raises(CaptureError, match="slave"):
        OwlClient(settings(server.port)).open()
    slaves = [OwlClient(settings(server.port, slave=True)) for _ in range(2)]
    for slave in slaves:
        slave.open()
        assert slave.rate == 480.0, "the master's"
    server.publish(frame(1))
    assert [[f.time for f in receive(client, 1)] for client in (master, *slaves)] == [[1], [1], [1]]
    master.close()
    wait_for(lambda: server.clients == 2, "the master's end")
    successor = OwlClient(settings(server.port))
    successor.open()
    for client in (successor, *slaves):
        client.close()


def test_an_unknown_profile_is_refused_with_the_known_ones(serve) -> None:
    server = serve(profiles=("default", "hand"))
    with pytest.raises(CaptureError, match="profile-foot;known-default,hand"):
        OwlClient(settings(server.port, profile="foot")).open()


@pytest.mark.parametrize(
    ("requests", "answer"),
    [
        (["protocol=1"], "error=protocol;known=2"),
        (["initialize event.markers=1"], "error=protocol-first"),
        (["protocol=2", "streaming=1"], "error=initialize-first"),
        (["protocol=2", "dance"], "error=unknown-request;dance"),
        (["protocol=2", "initialize frequency=fast"], "error=frequency-fast"),
        (["protocol=2", "initialize slave=0", "streaming=7"], "error=streaming-7"),
        (["protocol=2", "initialize slave=0", "streaming=2"], "error=streaming-needs-udp-port"),
        (["protocol=2", "initialize slave=0", "streaming=2 udp=99999"], "error=streaming-needs-udp-port"),
        (["protocol=2", "initialize slave=0", "streaming=1"], "streaming=1"),
        (["done=1"], "done=1"),
    ],
)
def test_what_a_session_answers(requests: list[str], answer: str) -> None:
    session = Session(Capture(960.0))
    replies = [session.receive(pack_text(text)) for text in requests]
    assert replies[-1] == pack_text(answer)


def test_a_server_that_is_none_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(OSError):
        port = listener.getsockname()[1]
        listener.close()
        OwlClient(settings(port)).open()


def test_a_server_that_speaks_something_else_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr("inhand_drivers.phasespace.client.CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")).start()
        with pytest.raises(CaptureError, match=r"opened|closed"):
            OwlClient(settings(listener.getsockname()[1])).open()


def test_a_client_that_does_not_read_is_cut_off(serve, monkeypatch) -> None:
    monkeypatch.setattr("inhand_drivers.phasespace.emulator.server.MAX_PENDING", 50_000)
    server = serve()
    client = OwlClient(settings(server.port))
    client.open()
    packet = frame(1)
    for _ in range(100_000):
        server.publish(packet)
        if server.dropped_clients:
            break
    assert server.dropped_clients == 1 and server.clients == 0
    client.close()


class Listening:
    """A connection with what it has passed on."""

    def __init__(self, client, config) -> None:
        self.frames: list[int] = []
        self.rates: list[float] = []
        self.said: list[str] = []
        clock = itertools.count()
        self.connection = Connection(
            client, config, lambda f, _: self.frames.append(f.time), self.rates.append, clock.__next__, self.said.append
        )
        self.connection.start()


def test_a_server_that_goes_and_comes_back_is_found_again(serve) -> None:
    server = serve()
    port = server.port
    config = settings(port)
    listening = Listening(OwlClient(config), config)
    wait_for(lambda: server.clients, "the connection")
    server.publish(frame(1))
    wait_for(lambda: listening.frames == [1], "the first frame")
    server.close()
    wait_for(lambda: listening.connection.state != "streaming", "the loss")
    time.sleep(0.5)  # several attempts in vain
    assert "closed the connection" in listening.said[1]
    assert len(listening.said) <= 3, "the same trouble is said once"
    second = serve(port=port)
    wait_for(lambda: second.clients, "the second connection")
    second.publish(frame(7))
    wait_for(lambda: listening.frames == [1, 7], "a frame of the new server")
    assert listening.rates == [960.0 / 4, 960.0 / 4] and listening.connection.trouble == ""
    listening.connection.stop()
    assert listening.connection.error is None


def test_silence_is_taken_for_a_dead_server(serve) -> None:
    server = serve()
    config = settings(server.port, silent_s=0.15)
    listening = Listening(OwlClient(config), config)
    wait_for(lambda: listening.connection.connections >= 2, "a second connection")
    assert any("no frame for 0.15 s" in said for said in listening.said)
    listening.connection.stop()


def test_a_fault_of_our_own_ends_the_thread_and_is_kept(serve) -> None:
    server = serve()
    config = settings(server.port)

    def fail(*_: object) -> None:
        raise ZeroDivisionError("ours")

    connection = Connection(OwlClient(config), config, fail, lambda _: None, lambda: 0, lambda _: None)
    connection.start()
    wait_for(lambda: server.clients, "the connection")
    server.publish(frame(1))
    wait_for(lambda: connection.error is not None, "the error")
    assert isinstance(connection.error, ZeroDivisionError)
    connection.stop()


class Context:
    """What libowl2's Python module offers, as far as the driver uses it, with three frames to tell."""

    alive = True

    def open(self, device: str, options: str) -> None:
        if device == "nowhere":
            raise RuntimeError("cannot connect")
        self.left = [types.SimpleNamespace(type_id=1)]
        self.left += [Event(time) for time in (10, 20, 30)]

    def initialize(self, options: str) -> None:
        self.options = options

    def streaming(self, mode: int) -> None:
        self.mode = mode

    def isOpen(self) -> bool:
        return self.alive

    def property(self, name: str) -> int:
        return 1

    def nextEvent(self, timeout: int) -> object:
        return self.left.pop(0) if self.left else None

    def done(self) -> None:
        self.alive = False

    def close(self) -> None:
        raise RuntimeError("closed twice")


class Event:
    """A frame of the vendor's module; `in` tells whether it has markers."""

    type_id = 0x80

    def __init__(self, time: int) -> None:
        self.time = time
        self.markers = [types.SimpleNamespace(id=4, flags=0, time=time, x=1.0, y=2.0, z=3.0, cond=5.0)]

    def __contains__(self, name: str) -> bool:
        return name == "markers" and self.time != 20


@pytest.fixture
def vendor(monkeypatch) -> None:
    """PhaseSpace's module `owl`, or what the driver sees of it."""
    module = types.SimpleNamespace(Context=Context, Type=types.SimpleNamespace(FRAME=0x80))
    monkeypatch.setitem(sys.modules, "owl", module)


def test_the_vendors_client_delivers_the_same_frames(vendor) -> None:
    client = make_client(settings(8000, client="vendor", transport="udp"))
    assert isinstance(client, VendorClient)
    client.open()
    assert "event.markers=1" in client._context.options and client._context.mode == 2
    frames = receive(client, 3)
    assert [(f.time, f.markers.size) for f in frames] == [(10, 1), (20, 0), (30, 1)]
    assert frames[0].markers["position"].tolist() == [[1.0, 2.0, 3.0]] and frames[0].markers["condition"] == [5.0]
    client._context.alive = False
    with pytest.raises(CaptureError, match="lost its server"):
        client.receive(0.0)
    client.close()


def test_the_vendors_errors_are_the_drivers(vendor) -> None:
    client = VendorClient(settings(8000, client="vendor", server="nowhere"))
    with pytest.raises(CaptureError, match="cannot connect"):
        client.open()


def test_a_vendors_client_that_is_not_there_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "owl", None)
    with pytest.raises(ConfigError, match="`owl`.*builtin"):
        make_client(settings(8000, client="vendor"))
    monkeypatch.setitem(sys.modules, "owl", types.SimpleNamespace())
    with pytest.raises(ConfigError, match="not PhaseSpace's"):
        make_client(settings(8000, client="vendor"))
    with pytest.raises(ConfigError, match="port 8000 alone"):
        make_client(settings(8001, client="vendor"))
