"""Text into plain values, strictly: YAML and JSON that mean two things, or nothing, are refused by file and line.

What both refuse: a key given twice, nesting without end, more than the bounds below, text that is not UTF-8. JSON also
refuses NaN and Infinity, which its standard does not know; YAML's `.nan` and `.inf` are values, and are refused where
they are used (`load_config`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Hashable
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

MAX_BYTES = 1 << 20
"""Largest text that is read; the largest of the project's own has 30 kB."""
MAX_DEPTH = 32
"""Deepest nesting; the project's own files have 8 levels."""
_NULL = "tag:yaml.org,2002:null"
MAX_VALUES = 200_000
"""Most values in a text, those that aliases repeat among them."""


class StrictError(ValueError):
    """A text that cannot be taken; the message says where and why."""


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file.

    Raises:
        StrictError: it is too large, or not UTF-8.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise StrictError(f"{path}: more than {max_bytes} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StrictError(f"{path}: not UTF-8 text: byte {data[error.start]:#04x} at {error.start}") from error


def parse_yaml(text: str, where: str, as_text: Collection[str] = ()) -> Any:
    """The value of one YAML document.

    Args:
        text: the document.
        where: the file's name, for messages.
        as_text: keys whose values are text whatever they look like, such as serial numbers, which may begin with 0.

    Raises:
        StrictError: not YAML, a key given twice, nesting or aliases without end; with line and column.
    """
    try:
        loader = _Loader(text, as_text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise StrictError(f"{where}{place}: not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise StrictError(f"{where}: not YAML: {_first_line(error)}") from error


def parse_json(text: str, where: str, max_length: int = MAX_BYTES) -> Any:
    """The value of one JSON text.

    Args:
        text: the text.
        where: the file's name, for messages.
        max_length: a longer text is refused.

    Raises:
        StrictError: not JSON, NaN or Infinity, a number beyond a double's, a key given twice, nesting without end.
    """
    if len(text) > max_length:
        raise StrictError(f"{where}: more than {max_length} characters of JSON")
    if (depth := _json_depth(text)) > MAX_DEPTH:
        raise StrictError(f"{where}: JSON nested {depth} levels deep; {MAX_DEPTH} are read")

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            raise StrictError(f"{where}: {sorted({n for n in names if names.count(n) > 1})} given twice")
        return found

    try:
        found = json.loads(text, object_pairs_hook=mapping)
    except StrictError:
        raise
    except (ValueError, RecursionError) as error:
        raise StrictError(f"{where}: not JSON: {_first_line(error)}") from error
    if bad := _not_finite(found):
        raise StrictError(f"{where}: {bad[0]} is no number of JSON: {bad[1]}")
    return found


def _not_finite(value: Any, place: str = "") -> tuple[str, float] | None:
    """Place and value of the first number that is NaN, infinite, or too large for a double."""
    if isinstance(value, float):
        return None if math.isfinite(value) else (place.lstrip(".") or "it", value)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    named = ((f"{place}.{key}" if isinstance(value, dict) else f"{place}[{key}]", item) for key, item in inner)
    return next((bad for name, item in named if (bad := _not_finite(item, name))), None)


def _json_depth(text: str) -> int:
    """Deepest nesting of brackets outside of strings; a text that is no JSON has some depth, too."""
    depth = deepest = 0
    quoted = escaped = False
    for sign in text:
        if quoted:
            quoted = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            quoted = True
        elif sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which refuses what it would silently take or not survive."""

    def __init__(self, text: str, as_text: Collection[str] = ()) -> None:
        super().__init__(text)
        self._as_text = frozenset(as_text)
        self._depth = 0
        self._values = 0
        self._sizes: dict[int, int] = {}
        self._open: set[str] = set()

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Composes a node, counting depth and values; an alias counts as what it stands for."""
        event = self.peek_event()
        mark, before = event.start_mark, self._values
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in self._open:
                raise ComposerError(None, None, f"{event.anchor!r} holds itself", mark)
            node = super().compose_node(parent, index)
            self._count(self._sizes.get(id(node), 1), mark)
            return node
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ComposerError(None, None, f"nested more than {MAX_DEPTH} levels deep", mark)
        if event.anchor is not None:
            self._open.add(event.anchor)
        self._count(1, mark)
        node = super().compose_node(parent, index)
        self._open.discard(event.anchor)
        self._depth -= 1
        self._sizes[id(node)] = self._values - before
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Constructs a mapping; a key that is given twice is an error. Keys of `<<` may be given again."""
        seen: set[Hashable] = set()
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no plain value", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} given twice", key_node.start_mark)
            seen.add(key)
            if key in self._as_text and isinstance(value_node, yaml.ScalarNode) and value_node.tag != _NULL:
                value_node.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)

    def _count(self, values: int, mark: Any) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise ComposerError(None, None, f"more than {MAX_VALUES} values", mark)
