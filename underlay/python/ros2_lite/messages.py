"""Messages and services by name, as YAML, and filled from YAML."""

import array
import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import yaml

STRING_ELLIPSIS = "..."


class BadMessage(Exception):
    """A type that does not exist, or values that do not fit it; the text says which."""


def interface(name: str, kind: str) -> type:
    """Return the class of "package/msg/Name" (or "package/Name"); `kind` is "msg" or "srv".

    Raises:
        BadMessage: no such package or type.
    """
    parts = name.split("/")
    if len(parts) == 2:
        parts.insert(1, kind)
    try:
        package, folder, last = parts
        if folder != kind:
            raise ValueError(f"it is no {kind}")
        return getattr(importlib.import_module(f"{package}.{folder}"), last)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadMessage(
            f"The passed {'message' if kind == 'msg' else 'service'} type is invalid: {name}: {error}"
        ) from error


def as_plain(message: Any, truncate: int | None = None, arrays: bool = True, strings: bool = True) -> Any:
    """Return a message as dicts, lists and scalars; with `truncate` longer arrays and texts end in '...'.

    Without `arrays` or `strings` such fields are described instead of shown.
    """
    if hasattr(message, "get_fields_and_field_types"):
        return {
            name: _field(getattr(message, name), kind, truncate, arrays, strings)
            for name, kind in message.get_fields_and_field_types().items()
        }
    return _field(message, "", truncate, arrays, strings)


def _field(value: Any, kind: str, truncate: int | None, arrays: bool, strings: bool) -> Any:
    if isinstance(value, list | tuple | bytes | array.array | np.ndarray):
        if not arrays:
            return f"<sequence type: {kind}, length: {len(value)}>"
        shown = [as_plain(item, truncate, arrays, strings) for item in value[:truncate]]
        return [*shown, STRING_ELLIPSIS] if truncate is not None and len(value) > truncate else shown
    if isinstance(value, str) and not strings:
        return f"<string length: <{len(value)}>>"
    if isinstance(value, str) and truncate is not None and len(value) > truncate:
        return value[:truncate] + STRING_ELLIPSIS
    if isinstance(value, np.generic):
        return value.item()
    return as_plain(value, truncate, arrays, strings) if hasattr(value, "get_fields_and_field_types") else value


def as_csv(message: Any, truncate: int | None = None, arrays: bool = True, strings: bool = True) -> str:
    """Return all recursive fields of a message (or of one field of it), separated by commas."""

    def leaves(plain: Any) -> list[str]:
        inner = plain.values() if isinstance(plain, dict) else plain
        return [leaf for item in inner for leaf in leaves(item)] if isinstance(plain, dict | list) else [str(plain)]

    return ",".join(leaves(as_plain(message, truncate, arrays, strings)))


def as_yaml(
    message: Any, truncate: int | None = None, arrays: bool = True, strings: bool = True, *, flow: bool = False
) -> str:
    """Return a message (or one field of it) as YAML, fields in the order of their definition."""
    plain = as_plain(message, truncate, arrays, strings)
    if not isinstance(plain, dict | list):
        return f"{plain}\n"
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=flow)


def fill(message: Any, text: str) -> list[Any]:
    """Set a message's fields from YAML; returns the stamps to be set at publishing ("auto" headers, "now" stamps).

    Raises:
        BadMessage: the text is no YAML mapping, or a field does not exist or has another type.
    """
    try:
        values = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise BadMessage(f"The passed value is no YAML: {error}") from error
    if not isinstance(values, Mapping):
        raise BadMessage("The passed value needs to be a dictionary in YAML format")
    stamps: list[Any] = []
    _fill(message, values, type(message).__name__, stamps)
    return stamps


def _fill(message: Any, values: Mapping[str, Any], path: str, stamps: list[Any]) -> None:
    fields = message.get_fields_and_field_types()
    if hasattr(message, "_check_fields"):
        message._check_fields = True  # off by default in rclpy's messages: wrong types would fail at publishing only
    for name, value in values.items():
        where = f"{path}.{name}"
        if name not in fields:
            raise BadMessage(
                f"Failed to populate field: {where} does not exist; {path} has {', '.join(fields) or 'none'}"
            )
        current = getattr(message, name)
        if value == "auto" and fields[name] == "std_msgs/Header":
            stamps.append(current.stamp)
        elif value == "now" and fields[name] == "builtin_interfaces/Time":
            stamps.append(current)
        elif isinstance(value, Mapping):
            _fill(current, value, where, stamps)
        else:
            _assign(message, name, fields[name], value, where, stamps)


def _assign(message: Any, name: str, kind: str, value: Any, where: str, stamps: list[Any]) -> None:
    try:
        if isinstance(value, list) and "/" in kind:
            element = interface(kind.removeprefix("sequence<").split("[")[0].split(",")[0].rstrip(">"), "msg")
            items = [element() for _ in value]
            for item, item_values in zip(items, value):
                _fill(item, item_values, where, stamps)
            value = items
        elif isinstance(value, int) and not isinstance(value, bool) and kind in ("double", "float"):
            value = float(value)
        elif isinstance(value, list) and ("double" in kind or "float" in kind):
            value = [float(item) for item in value]
        setattr(message, name, value)
    except (AssertionError, TypeError, ValueError, AttributeError) as error:
        raise BadMessage(f"Failed to populate field: {where} ({kind}) from {value!r}: {error}") from error
