"""Who gets the page, by HTTP and by WebSocket, on a real server."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import viser
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from inhand_console.guard import Guard, guarding, is_loopback, token_for
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
