"""Who gets the page, by HTTP and by WebSocket, on a real server."""

from __future__ import annotations

import http.client
import logging
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import viser
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from inhand_console.guard import Guard, guarding, is_loopback, token_for, write_private
from inhand_console.visitors import Complaints, Pace
from inhand_core import ConfigError

TOKEN = "a-token-of-the-test-0123456789"


@dataclass(frozen=True)
class Served:
    """A guarded page on this machine."""

    port: int

    def get(self, path: str = "/", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an HTTP request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10.0)
        connection.request("GET", path, headers={"Host": f"127.0.0.1:{self.port}", **headers})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def handshake(self, path: str = "/", origin: str | None = "", **headers: str) -> int:
        """Status of a WebSocket's handshake; 101 where it is let in. Origin "" is the page's own, None is none."""
        own = f"http://127.0.0.1:{self.port}"
        try:
            with connect(
                f"ws://127.0.0.1:{self.port}{path}",
                origin=own if origin == "" else origin,
                additional_headers=headers,
                subprotocols=[f"viser-v{viser.__version__}"],
                open_timeout=10.0,
            ):
                return 101
        except InvalidStatus as error:
            return error.response.status_code


def serve(token: str | None) -> Iterator[Served]:
    with guarding(Guard(token)):
        server = viser.ViserServer(host="127.0.0.1", port=18600, verbose=False)
    yield Served(server.get_port())
    server.stop()


@pytest.fixture(scope="module")
def own() -> Iterator[Served]:
    yield from serve(None)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Served]:
    yield from serve(TOKEN)


def test_on_this_machine_the_page_opens_without_a_token(own: Served) -> None:
    status, _, body = own.get()
    assert status == 200 and b"<html" in body.lower()
    assert own.handshake() == 101


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", None])
def test_another_page_of_the_same_browser_gets_no_websocket(own: Served, origin: str | None) -> None:
    assert own.handshake(origin=origin) == 403


def test_a_name_that_was_bent_to_this_machine_is_refused(own: Served) -> None:
    """DNS rebinding: Origin and Host agree, but neither is this machine's own name."""
    assert own.get(Host=f"evil.example:{own.port}")[0] == 403
    assert own.get(Host=f"localhost:{own.port}")[0] == 200


@pytest.mark.parametrize("path", ["/", "/?token=wrong", "/?token=", "/index.html", "/?token=%C3%BC"])
def test_without_the_token_nothing_is_served(guarded: Served, path: str) -> None:
    status, _, body = guarded.get(path)
    assert status == 401 and b"html" not in body
    assert guarded.handshake(path) == 401


def test_a_wrong_cookie_is_refused(guarded: Served) -> None:
    cookie = f"inhand_page_{guarded.port}={TOKEN[:-1]}"
    assert guarded.get(Cookie=cookie)[0] == 401
    assert guarded.handshake(Cookie=cookie) == 401


def test_the_token_is_exchanged_for_a_cookie_which_opens_page_and_websocket(guarded: Served) -> None:
    status, headers, _ = guarded.get(f"/?token={TOKEN}")
    assert status == 303 and headers["Location"] == "/"
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Strict" in headers["Set-Cookie"]
    cookie = headers["Set-Cookie"].partition(";")[0]
    assert guarded.get(Cookie=cookie)[0] == 200
    assert guarded.handshake(Cookie=cookie) == 101
    assert guarded.handshake(origin="http://evil.example", Cookie=cookie) == 403


def test_only_addresses_that_others_reach_have_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INHAND_PAGE_TOKEN", raising=False)
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "192.168.1.2", "::", "robot.local")] == [False] * 4
    assert token_for("127.0.0.1") is None
    first, second = token_for("0.0.0.0"), token_for("0.0.0.0")
    assert first != second and len(first) >= 32
    monkeypatch.setenv("INHAND_PAGE_TOKEN", TOKEN)
    assert token_for("0.0.0.0") == TOKEN
    monkeypatch.setenv("INHAND_PAGE_TOKEN", "short")
    with pytest.raises(ConfigError, match="at least 16"):
        token_for("0.0.0.0")


def test_a_page_that_would_not_be_guarded_is_not_served() -> None:
    with pytest.raises(RuntimeError, match="unguarded"), guarding(Guard(None)):
        pass


def test_no_other_page_can_show_this_one_in_a_frame(own: Served) -> None:
    """Clickjacking: the page's own Origin would be right, and a click meant for another page would press a button."""
    for headers in (own.get()[1], own.get(Host="evil.example")[1]):
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert own.get(**{"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"})[0] == 403
    assert own.get(**{"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "cross-site"})[0] == 200


@pytest.mark.parametrize("host", ["[::1", "127.0.0.1:abc", "", "127.0.0.1#.evil", "evil@127.0.0.1.evil"])
def test_a_host_that_makes_no_sense_is_refused_and_no_error_of_the_server(own: Served, host: str) -> None:
    assert 400 <= own.get(Host=host)[0] < 404


def test_headers_that_come_twice_are_refused(own: Served) -> None:
    for twice in ("Host: 127.0.0.1\r\nHost: evil.example", "Host: 127.0.0.1\r\nOrigin: http://a\r\nOrigin: http://b"):
        with socket.create_connection(("127.0.0.1", own.port), timeout=10.0) as wire:
            wire.sendall(f"GET / HTTP/1.1\r\n{twice}\r\n\r\n".encode())
            assert wire.recv(4096).startswith(b"HTTP/1.1 400")


def talk(served: Served, *messages: bytes | str) -> ConnectionClosed | None:
    """Sends messages and reads until the page hangs up, at most a second."""
    own = f"http://127.0.0.1:{served.port}"
    with connect(own.replace("http", "ws"), origin=own, subprotocols=[f"viser-v{viser.__version__}"]) as wire:
        try:
            for message in messages:
                wire.send(message)
            while True:
                wire.recv(timeout=1.0)
        except ConnectionClosed as closed:
            return closed
        except TimeoutError:
            return None


@pytest.mark.parametrize("message", [b"", b"\xc1", b"\x81\xa4type\xa4Nope", b"\x92" * 400, "a text"])
def test_messages_that_make_no_sense_end_the_connection_without_a_traceback(
    own: Served, caplog, capfd, message
) -> None:
    closed = talk(own, message)
    assert closed is not None and closed.rcvd.code == 1007
    assert "Traceback" not in caplog.text + "".join(capfd.readouterr())
    assert own.get()[0] == 200


def test_complaints_are_single_lines_and_few(caplog) -> None:
    now = [0.0]
    complaints = Complaints(logging.getLogger("test"), lambda: now[0])
    for _ in range(500):
        complaints.add("nonsense")
        now[0] += 0.05
    assert [record.getMessage() for record in caplog.records] == ["nonsense", *["nonsense (199 more before it)"] * 2]


def test_a_flood_waits_its_turn_and_a_person_does_not() -> None:
    pace = Pace(rate=200.0, burst=400.0)
    assert all(pace.wait_s(n / 100.0) == 0.0 for n in range(1000)), "a mouse that turns the scene"
    assert [pace.wait_s(20.0) for _ in range(401)][-1] == pytest.approx(1 / 200.0)


def test_the_token_is_kept_where_this_user_alone_can_read_it(tmp_path) -> None:
    file = tmp_path / "state" / "page_8080"
    for _ in range(2):
        write_private(file, f"http://robot:8080/?token={TOKEN}\n")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="INHAND_STATE_DIR"):
        write_private(tmp_path / "file" / "page", "")
