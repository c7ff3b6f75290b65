"""Who may open the page: this machine alone, or whoever has the token; and no other page of the same browser.

A browser lets any page open a WebSocket to 127.0.0.1, so an address that others cannot reach is no protection by
itself: what is asked for has to name this server (against DNS rebinding), and has to come from its own page.
"""

from __future__ import annotations

import hmac
import http
import ipaddress
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import websockets.asyncio.server
from websockets import Headers
from websockets.http11 import Request, Response

from inhand_console.visitors import serving
from inhand_console.web import Overlay
from inhand_core import ConfigError

TOKEN_VARIABLE = "INHAND_PAGE_TOKEN"
TOKEN_LEAST = 16
_TOKEN_BYTES = 24
_COOKIE = "inhand_page"
_PATCH = threading.Lock()
_FRAMES = {"iframe", "frame", "embed", "object", "fencedframe"}
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",  # the same for browsers that do not know the other
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer: a page that another one shows in a frame lends it its buttons, a click away."""


def is_loopback(host: str) -> bool:
    """Whether an address, or "localhost", can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def token_for(host: str) -> str | None:
    """The token that guards a page on `host`: None on this machine's own address; else INHAND_PAGE_TOKEN, or a new one.

    Raises:
        ConfigError: INHAND_PAGE_TOKEN is too short to be a secret.
    """
    if is_loopback(host):
        return None
    token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(_TOKEN_BYTES)
    if len(token) < TOKEN_LEAST:
        raise ConfigError(f"{TOKEN_VARIABLE} must have at least {TOKEN_LEAST} characters, has {len(token)}")
    return token


def write_private(file: Path, text: str) -> None:
    """Writes a file that only this user can read, whoever could read it before.

    Raises:
        ConfigError: it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.unlink(missing_ok=True)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}; INHAND_STATE_DIR names another folder") from error


@dataclass(frozen=True)
class Guard:
    """Judges requests.

    Attributes:
        token: that every request has to carry, as cookie or as `?token=`; None where only this machine can ask.
    """

    token: str | None

    def judge(self, request: Request) -> Response | None:
        """None where the request may pass; else the answer: a refusal, or a cookie in exchange for the token."""
        try:
            return self._judge(request)
        except (LookupError, ValueError):  # a header twice, or none that can be read
            return _answer(http.HTTPStatus.BAD_REQUEST, "headers that make no sense")

    def _judge(self, request: Request) -> Response | None:
        host, origin = request.headers["Host"], request.headers.get("Origin")
        place = urlsplit(f"//{host}")
        name, port = place.hostname or "", place.port or 80
        if place.netloc != host or "@" in host:
            raise ValueError("a Host is a name and a port")
        if self.token is None and not is_loopback(name):
            return _answer(http.HTTPStatus.FORBIDDEN, f"this page is not called {name!r}; open it as http://127.0.0.1")
        if request.headers.get("Sec-Fetch-Dest") in _FRAMES:
            return _answer(http.HTTPStatus.FORBIDDEN, "this page is shown in no frame of another")
        if origin is not None and origin.partition("//")[2] != host:
            return _answer(http.HTTPStatus.FORBIDDEN, f"a page of {origin} may not use this one")
        if origin is None and "Upgrade" in request.headers:
            return _answer(http.HTTPStatus.FORBIDDEN, "a WebSocket without an Origin is refused")
        return None if self.token is None else self._judge_token(request, port)

    def _judge_token(self, request: Request, port: int) -> Response | None:
        given = parse_qs(urlsplit(request.path).query).get("token", [None])[0]
        cookie = f"{_COOKIE}_{port}"
        if given is not None and self._fits(given):
            if "Upgrade" in request.headers:
                return None
            kept = f"{cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            return _answer(http.HTTPStatus.SEE_OTHER, "", Location="/", **{"Set-Cookie": kept})
        if given is None and self._fits(_cookie(request, cookie)):
            return None
        words = "token missing or wrong: open the address in the file that the console node named"
        return _answer(http.HTTPStatus.UNAUTHORIZED, words)

    def _fits(self, given: str) -> bool:
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


@contextmanager
def guarding(guard: Guard, overlay: Overlay | None = None) -> Iterator[None]:
    """Puts `guard` before every request of the server that is started within the block, `overlay` before viser.

    viser offers no hook for it, so the function with which it serves is replaced until its server is up.

    Raises:
        RuntimeError: nothing was served within the block, so nothing is guarded.
    """
    served: list[int] = []
    with _PATCH:
        original = websockets.asyncio.server.serve
        websockets.asyncio.server.serve = partial(_serve, original, guard, overlay, served)
        try:
            yield
        finally:
            websockets.asyncio.server.serve = original
    if not served:
        raise RuntimeError("viser no longer serves by websockets.asyncio.server.serve; the page would be unguarded")


def _serve(
    original: Any,
    guard: Guard,
    overlay: Overlay | None,
    served: list[int],
    handler: Any,
    *args: Any,
    process_request: Any,
    **options: Any,
) -> Any:
    served.append(1)
    inner = process_request if overlay is None else _with_overlay(overlay, process_request)
    return original(serving(handler), *args, process_request=_guarded(guard, inner), **options)


def _with_overlay(overlay: Overlay, inner: Callable[[Any, Request], Response | None]) -> Callable[[Any, Request], Any]:
    def answer(connection: Any, request: Request) -> Response | None:
        if (own := overlay.answer(request)) is not None:
            return own
        response = inner(connection, request)
        return None if response is None else overlay.amend(request, response)

    return answer


def _guarded(guard: Guard, inner: Callable[[Any, Request], Response | None]) -> Callable[[Any, Request], Any]:
    def judge(connection: Any, request: Request) -> Response | None:
        refused = guard.judge(request)
        answer = inner(connection, request) if refused is None else refused
        if answer is not None:
            for name, value in HEADERS.items():
                answer.headers.setdefault(name, value)
        return answer

    return judge


def _cookie(request: Request, name: str) -> str:
    try:
        jar = SimpleCookie(request.headers.get("Cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _answer(status: http.HTTPStatus, words: str, **headers: str) -> Response:
    body = f"{words}\n".encode()
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
    }
    return Response(status.value, status.phrase, Headers(**fields, **headers), body)
