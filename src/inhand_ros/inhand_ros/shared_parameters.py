"""Which parameters a command line gives to several nodes at once, by files whose sections have wildcards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from inhand_core.config import ConfigError
from inhand_core.strict import StrictError, parse_yaml, read_text

_MAX_BYTES = 1 << 24


def for_several_nodes(words: Sequence[str]) -> set[str]:
    """Names of the parameters in sections such as `/**:` of the files that `--params-file` names, but for those that
    `-p` gives as well.

    Args:
        words: the command line.
    """
    given = {name.rpartition(":")[2] for name in (word.partition(":=")[0] for word in _after(words, "-p", "--param"))}
    found: set[str] = set()
    for path in _after(words, "--params-file"):
        try:
            content = parse_yaml(read_text(Path(path), _MAX_BYTES), path)
        except (StrictError, ConfigError, OSError):
            continue  # ROS's own parser has read it; it may be laxer
        for section, names in _sections(content if isinstance(content, Mapping) else {}, ""):
            if "*" in section:
                found |= names
    return found - given


def _after(words: Sequence[str], *flags: str) -> Iterator[str]:
    return (word for flag, word in pairwise(words) if flag in flags)


def _sections(content: Mapping[Any, Any], name: str) -> Iterator[tuple[str, set[str]]]:
    """Sections by the node's name, which may be nested by namespaces, with the names of their parameters."""
    for key, inner in content.items():
        if key == "ros__parameters":
            yield name, set(_names(inner, "")) if isinstance(inner, Mapping) else set()
        elif isinstance(inner, Mapping):
            yield from _sections(inner, f"{name}/{str(key).strip('/')}")


def _names(content: Mapping[Any, Any], prefix: str) -> Iterator[str]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"
