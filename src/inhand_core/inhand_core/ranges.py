"""The numbers a configuration field may hold, said in its type: `gain: Annotated[float, Range(0.0, 1.0)]`.

`inhand_core.config.load_config` checks them. A field's text and unit stand once: in the docstring of its class, under
`Attributes:`, as "gain: of the filter [1/s]."; or, where the docstring says "Values and texts in config/tracker.yaml",
with ", section filter" where it is one, in the comment of its key there. `describe` reads both back, for messages,
parameters, documents and tests.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import sys
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inhand_core.comments import file_comments


@dataclass(frozen=True)
class Range:
    """An interval. On a list or a mapping it holds for each number inside; infinities and NaN are never inside.

    Attributes:
        low, high: its ends, which belong to it.
        open: an end that does not belong to it.
    """

    low: float = -math.inf
    high: float = math.inf
    open: Literal["low", "high", "both"] | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high and not (self.low == self.high and self.open is None):
            raise ValueError(f"a range from {self.low:g} to {self.high:g} is empty")

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.open in ("low", "both") else value >= self.low
        below = value < self.high if self.open in ("high", "both") else value <= self.high
        return above and below and math.isfinite(value)

    def closed(self, integer: bool) -> tuple[float, float]:
        """The smallest and the largest number inside, of floats or of 64-bit integers."""
        low, high = max(self.low, -sys.float_info.max), min(self.high, sys.float_info.max)
        if not integer:
            low = math.nextafter(low, math.inf) if self.open in ("low", "both") else low
            return low, math.nextafter(high, -math.inf) if self.open in ("high", "both") else high
        least, most = max(math.ceil(low), -(1 << 63)), min(math.floor(high), (1 << 63) - 1)
        return least + (least not in self), most - (most not in self)

    def __str__(self) -> str:
        left, right = self.open in ("low", "both"), self.open in ("high", "both")
        if math.isinf(self.low) and math.isinf(self.high):
            return "finite"
        if math.isinf(self.high):
            return f"{'>' if left else '>='} {self.low:g}"
        if math.isinf(self.low):
            return f"{'<' if right else '<='} {self.high:g}"
        return f"in {'(' if left else '['}{self.low:g}, {self.high:g}{')' if right else ']'}"

    def outside(self, value: Any, where: str = "") -> tuple[str, Any] | None:
        """The first number in `value` that is not inside, as (place, number); None where all are, or it is None."""
        if isinstance(value, Mapping):
            inner = ((f"{where}.{key}", item) for key, item in value.items())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            inner = ((f"{where}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            return None if value in self else (where, value)
        else:
            return None
        return next((found for place, item in inner if (found := self.outside(item, place))), None)


POSITIVE = Range(0.0, open="low")
NOT_NEGATIVE = Range(0.0)
AT_LEAST_ONE = Range(1)
FRACTION = Range(0.0, 1.0)
"""[0, 1]."""


@dataclass(frozen=True)
class FieldText:
    """What is known of a field: its text, unit ("" for none) and range as text ("" for any)."""

    name: str
    text: str
    unit: str
    range: str


@functools.cache
def limits(cls: type) -> dict[str, Range]:
    """The range that each field of a configuration dataclass is annotated with, where it is a single number."""
    hints = typing.get_type_hints(cls, include_extras=True)
    found = {}
    for name, hint in hints.items():
        own = hint.__metadata__ if typing.get_origin(hint) is typing.Annotated else ()
        if ranges := [item for item in own if isinstance(item, Range)]:
            found[name] = ranges[0]
    return found


@functools.cache
def describe(cls: type) -> dict[str, FieldText]:
    """The fields of a configuration dataclass that its docstring, or the file that it names, describes, by name."""
    names = {field.name for field in dataclasses.fields(cls)}
    hints = typing.get_type_hints(cls, include_extras=True)
    found = {key: text for keys, text in _entries(cls.__doc__ or "", names) for key in keys}
    texts: dict[str, FieldText] = {}
    for key, text in (_file_texts(cls) | found).items():
        unit = re.search(r"\[([^\]]+)\]", text)
        ranges = [str(item) for item in _metadata(hints[key]) if isinstance(item, Range)]
        texts[key] = FieldText(key, text, unit[1] if unit else "", " and ".join(ranges))
    return texts


def text_place(doc: str) -> tuple[str, str] | None:
    """File in config/ and section that hold the texts of a class with this docstring; None where it holds them."""
    found = re.search(r"texts in config/([\w/]+)\.yaml(?:, section ([\w.]+\w))?", " ".join(doc.split()))
    return (found[1], found[2] or "") if found else None


def _file_texts(cls: type) -> dict[str, str]:
    from inhand_core.paths import config_file  # which imports the configuration, and that this module

    place = text_place(cls.__doc__ or "")
    if place is None or not (path := config_file(place[0])).is_file():
        return {}
    prefix = f"{place[1]}." if place[1] else ""
    names = {field.name for field in dataclasses.fields(cls)}
    comments = file_comments(path)
    return {name: comments[prefix + name] for name in names if prefix + name in comments}


def _entries(doc: str, names: set[str]) -> list[tuple[list[str], str]]:
    """(names, text) of each entry under `Attributes:`; a line may hold several, "gain: a text. rate: another [Hz]."."""
    _, found, section = doc.partition("Attributes:\n")
    if not found:
        return []
    section = " ".join(section.partition("\n\n")[0].split())
    word = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    heads = list(re.finditer(rf"(?:^|(?<=[.\])] )|(?<=\.))((?:{word})(?:, (?:{word}))*): ", section))
    ends = [head.start() for head in heads[1:]] + [len(section)]
    return [(head[1].split(", "), section[head.end() : end].strip()) for head, end in zip(heads, ends)]


def _metadata(hint: Any) -> list[Any]:
    own = list(getattr(hint, "__metadata__", ()))
    return own + [item for inner in typing.get_args(hint) if not isinstance(inner, str) for item in _metadata(inner)]
