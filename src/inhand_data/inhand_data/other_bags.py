"""Bags that are not of MCAP files: sqlite3 and ROS 1, by the rosbags library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from inhand_data.bag_types import BagTypes, TypeProblem
from inhand_data.mcap_file import McapError

if TYPE_CHECKING:
    from inhand_data.bags import Entry


class _Types(BagTypes):
    """Types as the library knows them."""

    def __init__(self, reader: AnyReader) -> None:
        super().__init__()
        self._reader = reader

    def deserialize(self, data: bytes, kind: str) -> Any:
        """A message out of its bytes."""
        try:
            return self._reader.deserialize(data, kind)
        except Exception as error:
            raise TypeProblem(f"{len(data)} bytes are no {kind}: {type(error).__name__}: {error}") from error

    def _parsed(self, kind: str) -> Any:
        store = self._reader.typestore
        return store if kind in store.fielddefs else f"the bag does not describe the type {kind!r}"


class OtherSource:
    """A bag of any kind that the library reads.

    Args:
        path: folder or file.
        stack: closes it.

    Raises:
        McapError: it cannot be read.
    """

    def __init__(self, path: Path, stack: ExitStack) -> None:
        try:
            store = get_typestore(Stores.ROS2_JAZZY)
            self._reader = stack.enter_context(AnyReader([path], default_typestore=store))
        except Exception as error:  # the library raises its own, assertions, KeyError, and SQLite's
            raise McapError(f"{type(error).__name__}: {error}") from error
        self.types = _Types(self._reader)
        self.notes: dict[str, str] = {}
        self.topics = {c.topic: c.msgtype for c in self._reader.connections}
        self.counts: dict[str, int] = {}
        self.latched: set[str] = set()
        for connection in self._reader.connections:
            self.counts[connection.topic] = self.counts.get(connection.topic, 0) + connection.msgcount
            profiles = getattr(connection.ext, "offered_qos_profiles", ())
            if any(profile.durability.name == "TRANSIENT_LOCAL" for profile in profiles):
                self.latched.add(connection.topic)

    def problems(self) -> list[str]:
        """What is wrong with the files: the library would have refused them."""
        return []

    def entries(self, topics: set[str], stored_order: bool) -> Iterator[Entry]:
        """Messages of the topics by the time of reception, whatever order is asked for."""
        from inhand_data.bags import Entry

        chosen = [c for c in self._reader.connections if c.topic in topics]
        for connection, log_ns, data in self._reader.messages(chosen):
            yield Entry(connection.topic, connection.msgtype, log_ns, data)
