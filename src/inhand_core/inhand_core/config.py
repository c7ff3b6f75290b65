"""Strict configuration: YAML or mappings into frozen dataclasses; every error names the culprit and the choices."""

from __future__ import annotations

import dataclasses
import functools
import math
import reprlib
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from inhand_core.ranges import Range, describe
from inhand_core.strict import StrictError, parse_json, parse_yaml, read_text

T = TypeVar("T")
_INT64 = 1 << 63
_repr = reprlib.Repr()
_repr.maxstring, _repr.maxother = 80, 80
_short = _repr.repr


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the key and what would be valid."""


class DeviceAway(ConfigError):
    """A device that is not there, but may yet be switched on or plugged in: trying again may help."""


class _OutOfRange(ConfigError):
    """A number outside the range of its field; the unit is the class's to say."""


def read_yaml(path: str | Path, as_text: Collection[str] = ()) -> dict[str, Any]:
    """Reads one YAML mapping; a ROS parameter file (`/**: ros__parameters:`) is read as its parameters.

    Args:
        path: the file.
        as_text: keys of identifiers, which are text whatever they look like.

    Raises:
        ConfigError: the file is missing, is not YAML as `strict.parse_yaml` takes it, or holds no mapping.
    """
    path = Path(path)
    if not path.is_file():
        here = sorted(p.name for p in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
        raise ConfigError(f"{path}: no such file; in {path.parent} there are {here}")
    try:
        content = parse_yaml(read_text(path), str(path), as_text)
    except (StrictError, OSError) as error:
        raise ConfigError(str(error)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: expected a mapping at the top, found {type(content).__name__}")
    if list(content) == ["/**"]:
        return _ros_parameters(content["/**"], path)
    return content


def read_json(text: str, where: str) -> dict[str, Any]:
    """The mapping that a JSON text holds; `where` names its file in messages.

    Raises:
        ConfigError: not JSON as `strict.parse_json` takes it, or no mapping.
    """
    try:
        content = parse_json(text, where)
    except StrictError as error:
        raise ConfigError(str(error)) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{where}: expected a mapping at the top, found {_short(content)}")
    return content


def _ros_parameters(content: Any, path: Path) -> dict[str, Any]:
    parameters = content.get("ros__parameters") if isinstance(content, dict) else None
    if not isinstance(parameters, dict):
        raise ConfigError(f"{path}: expected a mapping 'ros__parameters' under '/**'")
    return parameters


def merge(base: Any, change: Any) -> Any:
    """`base` with `change` laid over it, mapping by mapping."""
    if isinstance(base, Mapping) and isinstance(change, Mapping):
        return {key: merge(base.get(key), change[key]) if key in change else base[key] for key in {**base, **change}}
    return change


def load_config(cls: type[T], raw: Mapping[str, Any], where: str = "") -> T:
    """Builds the dataclass `cls` from a mapping, recursing into nested dataclasses.

    A key without a default must be present, an unknown key is an error, and values must have the annotated type
    (an int is accepted for a float, a list for a tuple; of several dataclasses that one whose `Literal` field of one
    value, such as `kind`, has the value), and lie in the `Range` it is annotated with, as in
    `Annotated[float, Range(0.0, 1.0)]`. NaN and infinity are no values, nor is an int beyond 64 bits. A value error
    raised by `__post_init__` is reported with its place.

    Args:
        cls: a dataclass type.
        raw: the mapping, as read from YAML.
        where: a prefix for error messages, such as the file's name.

    Raises:
        ConfigError: naming the key and the valid choices.
    """
    where = where or cls.__name__
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{where}: expected a mapping, found {_short(raw)}")
    fields = {field.name: field for field in dataclasses.fields(cast(Any, cls)) if field.init}
    if unknown := sorted(set(raw) - set(fields), key=str):
        raise ConfigError(f"{where}: unknown {unknown}; known {sorted(fields)}")
    required = {
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    if missing := sorted(required - set(raw)):
        raise ConfigError(f"{where}: missing {missing}; given {sorted(raw, key=str)}")
    hints = typing.get_type_hints(cls, include_extras=True)
    values = {name: _convert_field(cls, name, hints[name], value, where) for name, value in raw.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def check_config(config: Any, where: str = "") -> None:
    """Checks types and ranges of a configuration made in code, as `load_config` does for one that is read.

    To be called by `__post_init__` where instances are made by hand.

    Raises:
        ConfigError: naming the field and what would be valid.
    """
    cls = type(config)
    hints = typing.get_type_hints(cls, include_extras=True)
    for field in dataclasses.fields(cls):
        _convert_field(cls, field.name, hints[field.name], getattr(config, field.name), where or cls.__name__)


def to_mapping(config: Any) -> Any:
    """The plain mapping (YAML-ready) of a configuration dataclass; inverse of `load_config`."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return {field.name: to_mapping(getattr(config, field.name)) for field in dataclasses.fields(config)}
    if isinstance(config, Mapping):
        return {key: to_mapping(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return [to_mapping(value) for value in config]
    return config


def _convert_field(cls: type, name: str, hint: Any, value: Any, where: str) -> Any:
    try:
        return _convert(hint, value, f"{where}.{name}")
    except _OutOfRange as error:
        text = describe(cls).get(name)
        raise ConfigError(f"{error} {text.unit}" if text and text.unit else str(error)) from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin is Annotated:
        limits_given = [limits for limits in args[1:] if isinstance(limits, Range)]
        if not (limits_given and isinstance(value, float)):  # else the range says better than "finite" what is wanted
            value = _convert(args[0], value, where)
        for limits in limits_given:
            if wrong := limits.outside(value, where):
                raise _OutOfRange(f"{wrong[0]} must be {limits}, is {wrong[1]:g}")
        return _convert(args[0], value, where)
    if origin in (typing.Union, types.UnionType):
        return _convert_union(args, value, where)
    if origin is typing.Literal:
        if not any(type(value) is type(choice) and value == choice for choice in args):
            raise ConfigError(f"{where}: {_short(value)} is not one of {list(args)}")
        return value
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, cast(type, hint)) else load_config(cast(type, hint), value, where)
    if origin in (tuple, list, Sequence):
        return _convert_sequence(origin, args, value, where)
    if origin in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: expected a mapping, found {_short(value)}")
        kind, item = args or (Any, Any)
        keys = [_convert(kind, key, f"{where}: key {_short(key)}") for key in value]
        return {key: _convert(item, value[key], f"{where}.{key}") for key in keys}
    return _convert_scalar(hint, value, where)


def _convert_union(args: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in args:
        return None
    options = [option for option in args if option is not type(None)]
    if isinstance(value, Mapping) and (tagged := _tagged(tuple(options))) is not None:
        name, classes = tagged
        if value.get(name) not in classes:
            raise ConfigError(f"{where}.{name}: {_short(value.get(name))} is not one of {list(classes)}")
        return load_config(classes[value[name]], value, where)
    problems: list[ConfigError] = []
    for option in args:
        if option is type(None):
            continue
        try:
            return _convert(option, value, where)
        except ConfigError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    raise ConfigError("; or ".join(map(str, problems)) or f"{where}: {_short(value)} does not fit")


@functools.cache
def _tagged(options: tuple[type, ...]) -> tuple[str, dict[Any, type]] | None:
    """The field that says which of several dataclasses is meant, a `Literal` of one value, and the classes by value."""
    if len(options) < 2 or not all(dataclasses.is_dataclass(option) for option in options):
        return None
    hints = [typing.get_type_hints(option) for option in options]
    for name in hints[0]:
        tags = [typing.get_args(hint[name]) for hint in hints if typing.get_origin(hint.get(name)) is typing.Literal]
        if len(tags) == len(options) and all(len(tag) == 1 for tag in tags):
            return name, {tag[0]: option for tag, option in zip(tags, options, strict=True)}
    return None


def _convert_sequence(origin: Any, args: tuple[Any, ...], value: Any, where: str) -> Any:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConfigError(f"{where}: expected a list, found {_short(value)}")
    variadic = origin is not tuple or (len(args) == 2 and args[1] is Ellipsis) or not args
    if not variadic and len(value) != len(args):
        raise ConfigError(f"{where}: expected {len(args)} values, found {len(value)}")
    hints = [args[0] if args else Any] * len(value) if variadic else list(args)
    items = [_convert(hint, item, f"{where}[{i}]") for i, (hint, item) in enumerate(zip(hints, value, strict=True))]
    return items if origin is list else tuple(items)


def _convert_scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value, where)
    if hint in (int, float, str, bool) and (not isinstance(value, hint) or (hint is int and isinstance(value, bool))):
        raise ConfigError(f"{where}: expected {hint.__name__}, found {_short(value)}")
    if hint is str and (bad := [c for c in cast(str, value) if not c.isprintable() and c not in "\n\t"]):
        raise ConfigError(f"{where}: {_short(value)} holds {bad[0]!r}, which no terminal should be given")
    if hint is int and not -_INT64 <= (number := cast(int, value)) < _INT64:
        raise ConfigError(f"{where}: expected an int of 64 bits, found one of {number.bit_length()}")
    return value


def _finite(value: float, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ConfigError(f"{where}: expected a finite number, found {_short(value)}")
    return number
