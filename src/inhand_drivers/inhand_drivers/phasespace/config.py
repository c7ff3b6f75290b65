"""Configuration of the PhaseSpace driver; the values are in config/phasespace.yaml."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_description import MARKERS
from inhand_description.joints import FINGERS

MAX_RATE = 960
"""Frames a second that PhaseSpace's cameras deliver at most."""
BROADCAST_PORT = 8500
CONTROL_PORT = 8000


def roles() -> dict[str, int]:
    """What a marker can be ("fingertip 0", "hand_base 2", "object 7"), with its index in /mocap/markers."""
    kinds = ["fingertip" if row.id < len(FINGERS) else row.body for row in MARKERS]
    return {f"{kind} {kinds[:index].count(kind)}": index for index, kind in enumerate(kinds)}


IDENTIFIERS = ("profile", "server")
"""Keys whose values are text, also where they are digits alone."""


@dataclass(frozen=True)
class PhaseSpaceConfig:
    """Values and comments in config/phasespace.yaml.

    Attributes:
        server, port: host and TCP port of the capture server.
        transport: how frames come.
        client: "builtin", or "vendor" for the vendor's Python module.
        profile: LED profile of the server. rate: frames a second [Hz]. slave: listen to another client's capture.
        silent_s: without a frame for this long the connection is taken for dead [s].
        backoff_min_s, backoff_max_s: first and longest pause before connecting again [s].
        clock_window_s: window of the clock's estimate [s].
        markers: LED id to role, see `roles`.
    """

    server: str
    port: int
    transport: Literal["tcp", "udp", "broadcast"]
    client: Literal["builtin", "vendor"]
    profile: str
    rate: int
    slave: bool
    silent_s: float
    backoff_min_s: float
    backoff_max_s: float
    clock_window_s: float
    markers: Mapping[int, str]

    def __post_init__(self) -> None:
        if not self.server:
            raise ConfigError("server must name a host")
        if not 0 < self.port < 65536:
            raise ConfigError(f"port must be in [1, 65535], is {self.port}")
        if not 0 < self.rate <= MAX_RATE:
            raise ConfigError(f"rate must be in [1, {MAX_RATE}] Hz, is {self.rate}")
        if not self.profile or any(c.isspace() or c == "=" or not c.isascii() for c in self.profile):
            raise ConfigError(f"profile must be a word without blanks, is {self.profile!r}")
        for name in ("silent_s", "backoff_min_s", "backoff_max_s", "clock_window_s"):
            if not (getattr(self, name) > 0.0 and math.isfinite(getattr(self, name))):
                raise ConfigError(f"{name} must be > 0 s, is {getattr(self, name)}")
        if self.backoff_max_s < self.backoff_min_s:
            raise ConfigError(f"backoff_max_s, {self.backoff_max_s}, is below backoff_min_s, {self.backoff_min_s}")
        marker_indices(self.markers)

    @property
    def broadcast_port(self) -> int:
        """UDP port of frames that go to all hosts; the server's offset counts for both ports."""
        return self.port - CONTROL_PORT + BROADCAST_PORT


def marker_indices(markers: Mapping[int, str]) -> dict[int, int]:
    """Index in /mocap/markers by LED id.

    Raises:
        ConfigError: an id that is no whole number, an unknown role, one given twice, one left out.
    """
    known = roles()
    found: dict[int, int] = {}
    for led, role in markers.items():
        if not isinstance(led, int) or isinstance(led, bool) or not 0 <= led < 1 << 32:
            raise ConfigError(f"markers: {led!r} is not an LED id (a whole number >= 0)")
        if role not in known:
            raise ConfigError(f"markers.{led}: {role!r} is not one of {list(known)}")
        if known[role] in found.values():
            other = next(i for i, index in found.items() if index == known[role])
            raise ConfigError(f"markers.{led}: {role!r} is already LED {other}")
        found[led] = known[role]
    if missing := [role for role, index in known.items() if index not in found.values()]:
        raise ConfigError(f"markers: no LED for {missing}; every marker needs one")
    return found


def load(path: str | Path = "", address: str = "", **changes: object) -> PhaseSpaceConfig:
    """The configuration of a file, config/phasespace.yaml if none is given, with single values changed.

    Args:
        path: the file.
        address: "host" or "host:port", in place of the file's server and port; "" leaves them.
        changes: other values; None and "" leave the file's.

    Raises:
        ConfigError: naming the key and what would be valid.
    """
    file = Path(path) if path else config_file("phasespace")
    host, _, port = address.partition(":")
    if port and not port.isdecimal():
        raise ConfigError(f"address must be host or host:port, is {address!r}")
    changes |= {"server": host} if host else {}
    changes |= {"port": int(port)} if port else {}
    given = {name: value for name, value in changes.items() if value not in (None, "")}
    return load_config(PhaseSpaceConfig, {**read_yaml(file, IDENTIFIERS), **given}, file.name)
