"""Attributes of an element as values: performed, and converted to the type that the tag wants."""

import shlex
from collections.abc import Callable
from typing import TypeVar

from ..index import NotFound
from .context import Context
from .errors import LaunchError
from .substitutions import Text, perform
from .xml_file import Element

T = TypeVar("T")
OUTPUTS = ("screen", "log", "both", "own_log", "full")


def text(element: Element, name: str, context: Context) -> str | None:
    """Return an attribute with its substitutions done, None where it is not given.

    Raises:
        LaunchError: a substitution fails; the element's file and line are named.
    """
    template = element.template(name)
    if template is None:
        return None
    try:
        return perform(template, context)
    except (LaunchError, NotFound) as error:
        raise element.error(f"attribute {name}: {error}") from error


def required(element: Element, name: str, context: Context) -> str:
    """Return an attribute that the tag's rule says is there, with its substitutions done."""
    value = text(element, name, context)
    assert value is not None, "xml_file._check() has made sure"
    return value


def typed(element: Element, name: str, context: Context, convert: Callable[[str], T], default: T) -> T:
    """Return an attribute converted, or `default` where it is not given.

    Raises:
        LaunchError: the text does not convert.
    """
    value = text(element, name, context)
    if value is None:
        return default
    try:
        return convert(value)
    except ValueError as error:
        raise element.error(f"attribute {name}: {error}") from error


def literal(element: Element, name: str, context: Context, convert: Callable[[str], T], default: T) -> T:
    """Return an attribute that the real launch reads before anything is performed: $(…) would stay the text that it is.

    Raises:
        LaunchError: it has a substitution, or the text does not convert.
    """
    if "$(" in element.attributes.get(name, ""):
        raise element.error(f"attribute {name}: takes a plain value, no substitution: '{element.attributes[name]}'")
    return typed(element, name, context, convert, default)


def boolean(value: str) -> bool:
    """Return a condition's value: true or 1, false or 0, in any case, and nothing else.

    Raises:
        ValueError: any other text.
    """
    match value.strip().lower():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise ValueError(f"condition expression '{value}' is neither true, 1, false nor 0")


def seconds(value: str) -> float:
    """Return a time of zero or more.

    Raises:
        ValueError: no number, or a negative one.
    """
    number = float(value)
    if not number >= 0.0:
        raise ValueError(f"expected a non-negative value but got '{value}'")
    return number


def output(value: str) -> str:
    """Return an output configuration.

    Raises:
        ValueError: no such configuration.
    """
    if value not in OUTPUTS:
        raise ValueError(f"{value} is not a valid standard output config; known: {', '.join(OUTPUTS)}")
    return value


def on_exit(value: str) -> bool:
    """Return True for "shutdown", the only thing that can be done when a process exits.

    Raises:
        ValueError: any other text.
    """
    if value != "shutdown":
        raise ValueError(f"on_exit expected to be shutdown but got '{value}'; other actions are not supported")
    return True


def applies(element: Element, context: Context) -> bool:
    """Return whether the element's `if` or `unless` lets it act."""
    if "if" in element.attributes:
        return typed(element, "if", context, boolean, True)
    return not typed(element, "unless", context, boolean, False)


def words(element: Element, name: str, context: Context) -> list[str]:
    """Split a command line as launch does: plain text at its blanks, what a substitution brings not at all."""
    result: list[str] = []
    joined = False  # whether the next piece continues the last word
    for part in element.template(name) or ():
        if not isinstance(part, Text):
            value = _performed(element, name, part, context)
            if joined:
                result[-1] += value
            else:
                result.append(value)
            joined = True
            continue
        try:
            pieces = shlex.split(part.text)
        except ValueError as error:
            raise element.error(f"attribute {name}: {error}: {part.text}") from error
        if joined and pieces and not part.text[0].isspace():
            result[-1] += pieces.pop(0)
        result.extend(pieces)
        joined = bool(part.text) and not part.text[-1].isspace()
    return result


def _performed(element: Element, name: str, part: object, context: Context) -> str:
    try:
        return perform((part,), context)
    except (LaunchError, NotFound) as error:
        raise element.error(f"attribute {name}: {error}") from error
