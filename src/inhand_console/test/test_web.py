"""The overlay: its stop, its state, and its way into viser's page, on a real server."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator

import pytest
import viser

from inhand_console.guard import Guard, guarding
from inhand_console.web import PRESS_HEADER, SCRIPTS, STYLES, Overlay, to_json, with_overlay

PRESSES: list[str] = []
OVERLAY = Overlay(b'{"faces":[]}', lambda: PRESSES.append("stop"))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with guarding(Guard(None), OVERLAY):
        server = viser.ViserServer(host="127.0.0.1", port=18700, verbose=False)
    yield server.get_port()
    server.stop()


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10.0)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


@pytest.mark.parametrize("packed", [False, True])
def test_the_page_carries_the_overlay_before_anything_is_connected(port: int, packed: bool) -> None:
    status, headers, body = get(port, "/", **({"Accept-Encoding": "gzip"} if packed else {}))
    page = gzip.decompress(body) if packed else body
    assert status == 200 and (headers["Content-Encoding"] == "gzip") is packed
    for name in (*SCRIPTS, *STYLES):
        assert f"/inhand/{name}".encode() in page
        assert get(port, f"/inhand/{name}")[0] == 200
    assert page.index(b"/inhand/page.js") < page.rindex(b"</head>")


def test_a_page_without_a_head_is_an_error_and_not_a_page_without_a_stop() -> None:
    with pytest.raises(RuntimeError, match="no STOP"):
        with_overlay(b"<html><body></body></html>")


def test_a_stop_is_pressed_by_the_page_alone(port: int) -> None:
    PRESSES.clear()
    assert get(port, "/inhand/stop")[0] == 403 and not PRESSES
    assert get(port, "/inhand/stop", **{PRESS_HEADER: "go"})[0] == 403 and not PRESSES
    foreign = {PRESS_HEADER: "stop", "Origin": "http://elsewhere.example"}
    assert get(port, "/inhand/stop", **foreign)[0] == 403 and not PRESSES
    assert get(port, "/inhand/stop", **{PRESS_HEADER: "stop"})[0] == 200
    assert PRESSES == ["stop"]


def test_state_and_object_are_json_and_other_names_are_not_there(port: int) -> None:
    OVERLAY.status = to_json({"words": "RUNNING"})
    assert json.loads(get(port, "/inhand/status?x=1")[2]) == {"words": "RUNNING"}
    assert json.loads(get(port, "/inhand/object")[2]) == {"faces": []}
    for path in ("/inhand/", "/inhand/../guard.py", "/inhand/web.py"):
        assert get(port, path)[0] == 404
    with pytest.raises(ValueError):
        to_json({"distance": float("nan")})
