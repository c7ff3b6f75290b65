"""<param> tags as arguments of a ROS process: -p name:=value and --params-file."""

import math
import tempfile
from pathlib import Path
from typing import Any

import yaml

from . import attributes
from .context import Context
from .errors import LaunchError
from .substitutions import parse, perform
from .xml_file import Element

_SCALARS = {"str": str, "bool": bool, "int": int, "float": float}


def arguments(element: Element, context: Context) -> list[str]:
    """Return the command-line arguments of one <param> inside a <node>.

    Raises:
        LaunchError: the tag contradicts itself, the file does not exist, or the value has not the type it claims.
    """
    if "from" in element.attributes:
        return ["--params-file", _file(element, context)]
    if "name" not in element.attributes:
        raise element.error("param should have name or from attribute")
    if "allow_substs" in element.attributes:
        raise element.error("'allow_substs' can only be used together with 'from' attribute")
    pairs = _pairs(element, "", context)
    return [word for name, value in pairs for word in ("-p", f"{name}:={as_yaml(value)}")]


def _file(element: Element, context: Context) -> str:
    if "name" in element.attributes:
        raise element.error("name and from attributes are mutually exclusive")
    path = Path(attributes.required(element, "from", context))
    if not path.is_file():
        raise element.error(f"parameter file '{path}' is not a file")
    if not attributes.typed(element, "allow_substs", context, attributes.boolean, False):
        return str(path)
    try:
        performed = perform(parse(path.read_text()), context)
    except LaunchError as error:
        raise element.error(f"{path}: {error}") from error
    with tempfile.NamedTemporaryFile("w", prefix="launch_params_", suffix=".yaml", delete=False) as file:
        file.write(performed)
    return file.name


def _pairs(element: Element, prefix: str, context: Context) -> list[tuple[str, Any]]:
    name = prefix + attributes.required(element, "name", context)
    nested = element.of("param")
    if nested:
        if "value" in element.attributes or "type" in element.attributes:
            raise element.error("nested parameters and value or type attributes are mutually exclusive")
        return [pair for child in nested for pair in _pairs(child, f"{name}.", context)]
    if "value" not in element.attributes:
        raise element.error("either a value attribute or nested params are needed")
    try:
        return [(name, _value(element, context))]
    except (ValueError, yaml.YAMLError) as error:
        raise element.error(f"parameter {name}: {error}") from error


def _value(element: Element, context: Context) -> Any:
    value = attributes.required(element, "value", context)
    kind = element.attributes.get("type", "yaml")
    if separator := element.attributes.get("value-sep"):
        scalar = kind.removeprefix("list_of_")
        return _uniform([typed_value(piece, scalar) for piece in value.split(separator)])
    return typed_value(value, kind)


def typed_value(value: str, kind: str) -> Any:
    """Return a parameter's text as a value of a type that `<param type=…>` names; "yaml" guesses.

    Raises:
        ValueError: unknown type, or the text is not of it.
    """
    if kind.startswith("list_of_") and (scalar := kind.removeprefix("list_of_")) in _SCALARS:
        loaded = yaml.safe_load(value)
        if not isinstance(loaded, list) or not all(isinstance(item, _SCALARS[scalar]) for item in loaded):
            raise ValueError(f"cannot convert value '{value}' to {kind}")
        return loaded
    match kind:
        case "str":
            return value
        case "int":
            return int(value)
        case "float":
            return float(value)
        case "bool":
            loaded = {"1": True, "0": False}.get(value, yaml.safe_load(value))
            if not isinstance(loaded, bool):
                raise ValueError(f"cannot convert value '{value}' to bool")
            return loaded
        case "yaml":
            loaded = yaml.safe_load(value) if value else ""
            if isinstance(loaded, list):
                return _uniform(loaded)
            if not isinstance(loaded, bool | int | float | str):
                raise ValueError(f"the value '{value}' is a {type(loaded).__name__}; add type=\"str\" if text is meant")
            return loaded
    known = ", ".join([*_SCALARS, *(f"list_of_{scalar}" for scalar in _SCALARS), "yaml"])
    raise ValueError(f"Got invalid type identifier '{kind}'; known: {known}")


def _uniform(items: list[Any]) -> list[Any]:
    if not items or any(type(item) is not type(items[0]) for item in items) or isinstance(items[0], list | dict):
        raise ValueError("expected a non-empty sequence, with items of uniform type")
    return items


def as_yaml(value: Any) -> str:
    """Return a value as YAML in one line that rcl's parser reads back with the same type."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if math.isfinite(value):
            mantissa, _, exponent = repr(value).partition("e")
            mantissa += "" if "." in mantissa else ".0"  # YAML 1.1 takes 1e-05 for text
            return f"{mantissa}e{exponent}" if exponent else mantissa
        case list():
            return f"[{', '.join(map(as_yaml, value))}]"
        case str():
            return "'" + value.replace("'", "''") + "'"
    return yaml.safe_dump(value, default_flow_style=True).partition("\n")[0]
