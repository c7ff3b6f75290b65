"""Network interfaces and raw sockets: whether this process may use them, and a pair of virtual ones (veth)."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

from inhand_drivers.hand.emulator.frames import ETHERTYPE

NAME_MAX = 15
"""Longest name of a network interface."""


class WireError(OSError):
    """An interface that cannot be used; the message says why and what would help."""


def missing_raw_sockets() -> str | None:
    """Why this process cannot speak to a hand on a network interface; None where it can."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except (AttributeError, OSError) as error:
        return f"no raw sockets (CAP_NET_RAW): {error}"
    return None


def missing_capability() -> str | None:
    """Why this process cannot use raw sockets on a veth pair of its own, as for an emulated hand; None where it can."""
    if reason := missing_raw_sockets():
        return reason
    try:
        VethPair(f"ec{os.getpid()}a", f"ec{os.getpid()}b").close()
    except WireError as error:
        return f"no virtual network interfaces (CAP_NET_ADMIN): {error}"
    return None


def peer_name(interface: str) -> str:
    """Name of the other end of a pair whose driver's end is `interface`."""
    return f"{interface}_hand"


def open_raw(interface: str) -> socket.socket:
    """A raw socket for EtherCAT frames on an interface.

    Raises:
        WireError: no such interface, or this process may not.
    """
    try:
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    except OSError as error:
        raise WireError(f"raw sockets are not allowed ({error}): run with CAP_NET_RAW") from error
    try:
        wire.bind((interface, ETHERTYPE))
    except OSError as error:
        wire.close()
        names = [name for _, name in socket.if_nameindex()]
        raise WireError(f"interface {interface!r}: {error}; there are {names}") from error
    return wire


class VethPair:
    """Two network interfaces joined by a cable of their own; removed by `close`.

    Args:
        first, second: their names, of 15 characters at most.

    Raises:
        WireError: they cannot be made.
    """

    def __init__(self, first: str, second: str) -> None:
        for name in (first, second):
            if not 0 < len(name) <= NAME_MAX:
                raise WireError(f"interface {name!r}: 1 to {NAME_MAX} characters are allowed")
        self.first, self.second = first, second
        if {first, second} <= {name for _, name in socket.if_nameindex()}:
            self.close()  # left by a process that was killed
        _ip("link", "add", first, "type", "veth", "peer", "name", second)
        for name in (first, second):
            quiet = Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
            if quiet.exists():
                with contextlib.suppress(OSError):
                    quiet.write_text("1")
            _ip("link", "set", name, "up")

    def close(self) -> None:
        """Removes both ends, where they still are."""
        if self.first in {name for _, name in socket.if_nameindex()}:
            _ip("link", "delete", self.first)


def _ip(*arguments: str) -> None:
    program = shutil.which("ip") or "/usr/sbin/ip"
    try:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise WireError(f"ip {' '.join(arguments)}: {error}") from error
    if done.returncode:
        raise WireError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
