"""Types of messages as a bag describes them: each by itself, so that one that is strange spoils no other."""

from __future__ import annotations

from typing import Any

from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

_IDL_SEPARATOR = "=" * 80 + "\n"


class TypeProblem(ValueError):
    """A type that is not known, or data that does not fit it; the message says why."""


class BagTypes:
    """Types by name, parsed when they are first needed."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, str, bytes]] = {}
        self._stores: dict[str, Typestore | str] = {}
        self._fields: dict[str, list[tuple[str, str]]] = {}

    def add(self, kind: str, encoding: str, form: str, definition: bytes) -> None:
        """Takes a type's description: encoding of its messages, "ros2msg" or "ros2idl", and its text."""
        if not definition and kind in self._texts:
            return
        self._texts[kind] = (encoding, form, definition)

    def deserialize(self, data: bytes, kind: str) -> Any:
        """A message out of its bytes.

        Raises:
            TypeProblem: the type is not known, or the data does not fit it.
        """
        store = self._store(kind)
        if isinstance(store, str):
            raise TypeProblem(store)
        try:
            return store.deserialize_cdr(data, kind)
        except Exception as error:  # rosbags' own, struct's, IndexError, Unicode's
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise TypeProblem(f"{len(data)} bytes are no {kind}: {text}") from error

    def fields(self, kind: str) -> list[tuple[str, str]]:
        """Name and type of each field, in order; the type of an array as ""; of a type that is not known: []."""
        if kind not in self._fields:
            store = self._store(kind)
            listed = [] if isinstance(store, str) else store.fielddefs[kind][1]
            self._fields[kind] = [(name, _plain(node)) for name, node in listed]
        return self._fields[kind]

    def _store(self, kind: str) -> Typestore | str:
        """The types that a message needs, or why there are none."""
        if kind not in self._stores:
            self._stores[kind] = self._parsed(kind)
        return self._stores[kind]

    def _parsed(self, kind: str) -> Typestore | str:
        encoding, form, definition = self._texts.get(kind, ("", "", b""))
        if encoding not in ("cdr", ""):
            return f"its messages are {encoding!r}, not 'cdr'"
        if not definition:
            standard = get_typestore(Stores.ROS2_JAZZY)
            return standard if kind in standard.fielddefs else f"the bag does not describe the type {kind!r}"
        store = get_typestore(Stores.EMPTY)
        try:
            text = definition.decode()
            if form == "ros2msg":
                store.register(get_types_from_msg(text, kind))
            elif form in ("ros2idl", "omgidl"):
                for part in text.split(_IDL_SEPARATOR) if _IDL_SEPARATOR in text else [text]:
                    body = part.partition("\n")[2] if part.startswith("IDL: ") else part
                    if body.strip():
                        store.register(get_types_from_idl(body))
            else:
                return f"the type {kind!r} is described as {form!r}, which is not one of ['ros2msg', 'ros2idl']"
        except Exception as error:  # the library's parsers raise many kinds
            return f"the description of {kind!r} cannot be read: {type(error).__name__}: {str(error)[:200]}"
        return store if kind in store.fielddefs else f"the description of {kind!r} is one of {sorted(store.fielddefs)}"


def _plain(node: Any) -> str:
    """The name of a field's type, "" where it is not a plain one."""
    kind, value = node
    name = value[0] if isinstance(value, tuple) else value
    return str(name) if kind.name in ("BASE", "NAME") else ""
