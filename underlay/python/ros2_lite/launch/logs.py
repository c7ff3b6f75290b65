"""Where launch writes: the screen, and launch.log in a folder of its own below ~/.ros/log."""

import contextlib
import datetime
import os
import socket
import sys
from pathlib import Path
from typing import TextIO


def log_base() -> Path:
    """Return the folder of all logs: ROS_LOG_DIR, else ROS_HOME/log, else ~/.ros/log."""
    if folder := os.environ.get("ROS_LOG_DIR"):
        return Path(folder).expanduser()
    return Path(os.environ.get("ROS_HOME") or "~/.ros").expanduser() / "log"


class Logs:
    """The outputs of one launch."""

    def __init__(self, screen: TextIO = sys.stdout, base: Path | None = None) -> None:
        stamp = datetime.datetime.now().strftime("%Y-%m-%d-%H-%M-%S-%f")
        self.folder = (base or log_base()) / f"{stamp}-{socket.gethostname()}-{os.getpid()}"
        self.folder.mkdir(parents=True)
        self._screen = screen
        self._files: dict[str, TextIO] = {}

    def debug(self, name: str, message: str) -> None:
        """Write a message of launch itself that is only wanted in debug mode."""
        self._message("DEBUG", name, message)

    def info(self, name: str, message: str) -> None:
        """Write a message of launch itself or about a process, as [INFO] [name]: message."""
        self._message("INFO", name, message)

    def warning(self, name: str, message: str) -> None:
        """Write a warning."""
        self._message("WARNING", name, message)

    def error(self, name: str, message: str) -> None:
        """Write an error."""
        self._message("ERROR", name, message)

    def line(self, process: str, stream: str, output: str, text: str) -> None:
        """Write a line that a process printed to "stdout" or "stderr", where its output configuration says."""
        shown = f"[{process}] {text}"
        if output in ("screen", "both", "full") or (output == "log" and stream == "stderr"):
            self._print(shown)
        if output in ("log", "both", "full"):
            self._write("launch.log", f"{datetime.datetime.now().timestamp():.7f} {shown}")
        if output in ("own_log", "full"):
            self._write(f"{process}-{stream}.log", text)
            self._write(f"{process}.log", text)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _message(self, level: str, name: str, message: str) -> None:
        text = f"[{level}] [{name}]: {message}"
        self._print(text)
        self._write("launch.log", f"{datetime.datetime.now().timestamp():.7f} {text}")

    def _print(self, text: str) -> None:
        # Whoever read our output may have gone; the processes still have to be ended in order.
        with contextlib.suppress(BrokenPipeError):
            print(text, file=self._screen, flush=True)

    def _write(self, name: str, text: str) -> None:
        if name not in self._files:
            self._files[name] = open(self.folder / name, "a", encoding="utf-8")  # noqa: SIM115  (close() closes it)
        print(text, file=self._files[name], flush=True)
