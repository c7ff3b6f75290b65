"""A headless Chromium driven over its debugging protocol: open a page, ask it, click, take a picture."""

from __future__ import annotations

import base64
import ctypes
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PR_SET_PDEATHSIG = 1
PRCTL = ctypes.CDLL(None).prctl
"""Looked up before a fork: a child of a process with threads may wait for ever for a lock of the loader's."""
SETTLED_S = 0.2
"""A button that is in the same place after this long stands still."""
DRAG_STEP = 2.0
"""A dragged mouse goes so far [pixels] from one event to the next."""
TRIES = 3
"""A browser that hangs while it starts does so by chance, on a machine with much to do; the next one comes up."""
LAST_LINES = 10
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give 64 MiB of shared memory
    "--disable-breakpad",
    "--password-store=basic",  # asks no keyring over D-Bus
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)

LEAVE_DRAWING_OUT = "--disable-gl-drawing-for-tests"
"""The process that draws takes and checks every OpenGL call as ever, but drops draw calls and clears."""
DRAWS_NOTHING = (
    *(option for option in OPTIONS if option != "--disable-gpu"),
    LEAVE_DRAWING_OUT,
    "--ignore-gpu-blocklist",
)
"""As on a machine with a GPU, panel and compositor draw with OpenGL too, so that theirs is left out as well."""


def executable() -> str | None:
    """Path of a Chromium on this machine; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def die_with_parent(number: int) -> None:
    """In a child: it gets this signal when whoever started it ends, however that ends. A browser takes all cores."""
    PRCTL(PR_SET_PDEATHSIG, number)


class Chromium:
    """One browser with one tab; a context manager that leaves nothing behind.

    Args:
        width, height: of the window [pixels].
        start_s: patience for the browser to come up [s]; one that has not by then is ended and restarted, `TRIES`
            times in all.
        options: on its command line; `DRAWS_NOTHING` leaves out what a GPU would do.

    Raises:
        FileNotFoundError: there is no Chromium on this machine.
        RuntimeError: it did not come up; the message has its last words.
    """

    def __init__(
        self, width: int = 900, height: int = 600, start_s: float = 60.0, options: Sequence[str] = OPTIONS
    ) -> None:
        path = executable()
        if path is None:
            raise FileNotFoundError(f"no Chromium; looked for {list(NAMES)}")
        self._options = [*options, f"--window-size={width},{height}"]
        failures: list[str] = []
        while True:
            self._start(path)
            try:
                self._socket = self._connect(start_s)
                break
            except OSError as error:
                failures.append(f"{type(error).__name__}: {error}{self._last_words()}")
                self._end()
                if len(failures) == TRIES:
                    raise RuntimeError("\n".join([f"{path} did not come up:", *failures])) from error
            except BaseException:
                self._end()
                raise
        self._count = 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        for domain in ("Network", "Page", "Runtime"):
            self.call(f"{domain}.enable")

    def _start(self, path: str) -> None:
        self._profile = Path(tempfile.mkdtemp(prefix="inhand_chromium_"))
        self._log = (self._profile / "log").open("wb")
        self._process = subprocess.Popen(
            [path, *self._options, f"--user-data-dir={self._profile}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, signal.SIGKILL),
        )

    def _connect(self, start_s: float) -> ClientConnection:
        """The debugging socket of the browser's tab, once it is there."""
        port_file = self._profile / "DevToolsActivePort"
        words = self._await(lambda: port_file.is_file() and port_file.read_text().split(), start_s, "debugging port")

        def tabs() -> list[dict[str, Any]]:
            with urllib.request.urlopen(f"http://127.0.0.1:{words[0]}/json", timeout=start_s) as answer:
                return [target for target in json.load(answer) if target["type"] == "page"]

        url = self._await(tabs, start_s, "tab")[0]["webSocketDebuggerUrl"]
        return connect(url, max_size=None, open_timeout=start_s, ping_interval=None)

    def _await(self, find: Callable[[], Any], seconds: float, what: str) -> Any:
        """What `find` gives, once that is something, from a browser that lives."""
        end = time.monotonic() + seconds
        while not (found := find()):
            if self._process.poll() is not None:
                raise ChildProcessError(f"ended with {self._process.returncode}")
            if time.monotonic() > end:
                raise TimeoutError(f"no {what} within {seconds:g} s")
            time.sleep(0.05)
        return found

    def _last_words(self) -> str:
        """The last lines of what the browser wrote, indented."""
        lines = (self._profile / "log").read_text(errors="replace").splitlines()[-LAST_LINES:]
        return "".join(f"\n    {line}" for line in lines)

    def call(self, method: str, timeout_s: float = 120.0, **params: Any) -> dict[str, Any]:
        """One command of the protocol and its result; keeps the addresses asked for and the errors thrown meanwhile."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        end = time.monotonic() + timeout_s
        while True:
            message = json.loads(self._socket.recv(timeout=max(0.01, end - time.monotonic())))
            if message.get("id") == self._count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._note(message)

    def open(self, url: str) -> None:
        """Goes to `url`."""
        self.call("Page.navigate", url=url)

    def ask(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page; of a promise, what it comes to."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def text(self) -> str:
        """What the page says."""
        return str(self.ask("document.body ? document.body.innerText : ''"))

    def click(self, label: str) -> None:
        """Clicks the middle of the button or tab with that label, as a mouse does, once it stands still.

        Raises:
            LookupError: there is no such button; the message lists those that are there.
        """
        place, before = self._middle(label), None
        while place != before:
            time.sleep(SETTLED_S)
            place, before = self._middle(label), place
        self._mouse("mouseMoved", *place)
        self._mouse("mousePressed", *place, button="left", clickCount=1)
        self._mouse("mouseReleased", *place, button="left", clickCount=1)

    def key(self, key: str, code: str) -> None:
        """Presses and releases a key, as DOM names it: ("Escape", "Escape"), (" ", "Space")."""
        for kind in ("keyDown", "keyUp"):
            text: dict[str, Any] = {"text": key} if kind == "keyDown" and len(key) == 1 else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, **text)

    def drag(self, x: float, y: float, reach: float, seconds: float) -> None:
        """Drags the mouse to and fro between x and x + reach [pixels] for this long [s], and back to x."""
        self._mouse("mouseMoved", x, y)
        self._mouse("mousePressed", x, y, button="left", clickCount=1)
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            count += 1
            there = abs((DRAG_STEP * count + reach) % (2.0 * reach) - reach)
            self._mouse("mouseMoved", x + there, y, button="left", buttons=1)
        self._mouse("mouseMoved", x, y, button="left", buttons=1)
        self._mouse("mouseReleased", x, y, button="left", clickCount=1)

    def _mouse(self, kind: str, x: float, y: float, **button: Any) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def _middle(self, label: str) -> list[float]:
        place = self.ask(
            f"""(() => {{
                const all = [...document.querySelectorAll('button, [role=tab]')];
                const button = all.find(b => b.innerText.trim() === {label!r});
                if (!button) return null;
                button.scrollIntoView({{block: 'center'}});
                const box = button.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        if place is None:
            raise LookupError(f"no button {label!r}; there are {self.buttons()}")
        return place

    def buttons(self) -> list[str]:
        """Labels of all buttons."""
        return list(self.ask("[...document.querySelectorAll('button')].map(b => b.innerText.trim())"))

    def before_load(self, script: str) -> None:
        """Runs a script in every page that is opened from now on, before the page's own."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def trace(
        self,
        seconds: float,
        categories: Sequence[str],
        timeout_s: float = 120.0,
        meanwhile: Callable[[float], None] = time.sleep,
    ) -> list[dict[str, Any]]:
        """Chromium's own record of what it did in this time [s], while `meanwhile` runs: events of the trace format."""
        self._traced: list[dict[str, Any]] = []
        self.call("Tracing.start", traceConfig={"includedCategories": list(categories)}, transferMode="ReportEvents")
        meanwhile(seconds)
        self.call("Tracing.end")
        end = time.monotonic() + timeout_s
        while (message := json.loads(self._socket.recv(timeout=max(0.01, end - time.monotonic())))).get(
            "method"
        ) != "Tracing.tracingComplete":
            self._note(message)
        return self._traced

    def resize(self, width: int, height: int) -> None:
        """Gives the page another size [pixels]."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def __enter__(self) -> Chromium:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        self._end()

    def _note(self, message: dict[str, Any]) -> None:
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        elif message.get("method") == "Network.webSocketCreated":
            self.requests.append(message["params"]["url"])
        elif message.get("method") == "Tracing.dataCollected":
            self._traced += message["params"]["value"]
        elif message.get("method") == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details.get("text", ""))

    def _end(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._profile, ignore_errors=True)
