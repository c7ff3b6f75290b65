"""What the page's server answers beside viser: the overlay with its stop, and the state that it shows."""

from __future__ import annotations

import gzip
import http
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from websockets import Headers
from websockets.http11 import Request, Response

PREFIX = "/inhand/"
PRESS_HEADER = "X-Inhand-Press"
"""A press has to carry it: no page of another origin can send it without being allowed to, which none is."""
SCRIPTS = ("page.js", "goal.js", "export.js")
STYLES = ("page.css",)
_FOLDER = Path(__file__).parent / "web"
_KINDS = {".js": "application/javascript", ".css": "text/css; charset=utf-8", ".json": "application/json"}


class Overlay:
    """Answers requests below `PREFIX`, and puts the overlay's scripts into viser's page.

    Attributes:
        status: JSON of the state that the overlay shows; set by whoever knows it.

    Args:
        thing: JSON of the object's faces.
        on_stop: called at each press of STOP, from the server's thread; must return at once.
    """

    def __init__(self, thing: bytes, on_stop: Callable[[], None]) -> None:
        self.status = b"null"
        self._thing, self._on_stop = thing, on_stop
        self._files = {name: (_FOLDER / name).read_bytes() for name in (*SCRIPTS, *STYLES)}

    def answer(self, request: Request) -> Response | None:
        """The answer to a request that is the overlay's; None: it is not."""
        path = urlsplit(request.path).path
        if not path.startswith(PREFIX):
            return None
        name = path.removeprefix(PREFIX)
        if name == "stop":
            if request.headers.get(PRESS_HEADER) != name:
                return _respond(b'"a press needs the page"', ".json", http.HTTPStatus.FORBIDDEN)
            self._on_stop()
            return _respond(b'"sent"', ".json")
        if name in self._files:
            return _respond(self._files[name], Path(name).suffix)
        known = {"status": self.status, "object": self._thing}
        if name in known:
            return _respond(known[name], ".json")
        return _respond(b'"no such thing"', ".json", http.HTTPStatus.NOT_FOUND)

    def amend(self, request: Request, response: Response) -> Response:
        """viser's page with the overlay in it; any other answer as it is.

        Raises:
            RuntimeError: the page has no head to put it into.
        """
        if urlsplit(request.path).path not in ("/", "/index.html") or response.status_code != http.HTTPStatus.OK:
            return response
        packed = response.headers.get("Content-Encoding") == "gzip"
        page = with_overlay(gzip.decompress(response.body) if packed else response.body)
        body = gzip.compress(page, 1) if packed else page
        headers = Headers(response.headers)
        del headers["Content-Length"]
        headers["Content-Length"] = str(len(body))
        return Response(response.status_code, response.reason_phrase, headers, body)


def with_overlay(page: bytes) -> bytes:
    """An HTML page with the overlay's styles and scripts at the end of its head.

    Raises:
        RuntimeError: it has no head.
    """
    links = [f'<link rel="stylesheet" href="{PREFIX}{name}">' for name in STYLES]
    links += [f'<script defer src="{PREFIX}{name}"></script>' for name in SCRIPTS]
    # The last one: viser's own script, which is part of the page, may have the word in a text.
    ends = [found.start() for found in re.finditer(rb"</head>", page)]
    if not ends:
        raise RuntimeError("viser's page has no head; the page would have no STOP")
    return page[: ends[-1]] + "".join(links).encode() + page[ends[-1] :]


def to_json(value: object) -> bytes:
    """Compact JSON; refuses NaN, which browsers cannot read."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _respond(body: bytes, kind: str, status: http.HTTPStatus = http.HTTPStatus.OK) -> Response:
    fields = {"Content-Type": _KINDS[kind], "Content-Length": str(len(body)), "Cache-Control": "no-store"}
    return Response(status.value, status.phrase, Headers(**fields), body)
