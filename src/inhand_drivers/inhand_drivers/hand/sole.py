"""One driver an interface: two masters on one bus would drive one hand, whatever domains and namespaces they are in."""

from __future__ import annotations

import errno
import socket

from inhand_core.config import ConfigError


class SoleDriver:
    """Holds a network interface's hand for this process until `release`, or until the process has ended.

    The name is one of the kernel's abstract sockets: it leaves no file behind, and is the network namespace's own, as
    the interface is.

    Args:
        interface: its name.

    Raises:
        ConfigError: another driver has it.
    """

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.bind(f"\0inhand_hand_{interface}")
        except OSError as error:
            self._socket.close()
            if error.errno != errno.EADDRINUSE:
                raise
            text = "another driver drives the hand there: end it first, or give another hand's interface"
            raise ConfigError(f"interface {interface!r}: {text}") from error

    def release(self) -> None:
        """Lets the next driver have it; safe to call twice."""
        self._socket.close()
