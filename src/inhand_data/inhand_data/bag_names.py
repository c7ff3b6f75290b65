"""A graph in a namespace, read from a bag as if it had none: "/left/hand/sensors" is "/hand/sensors"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

MARKS = ("/hand/sensors", "/hand/action", "/joint_states", "/mocap/markers", "/object/pose", "/policy/action")
"""Topics by which a graph is known, whatever stands before them."""


def graph_spaces(topics: Iterable[str]) -> list[str]:
    """Namespaces of the graphs in a bag, as "/left"; "" for none.

    A namespace inside another one is part of that: an emulated hand speaks on sim/hand/sensors.
    """
    found = sorted({topic.removesuffix(mark) for topic in topics for mark in MARKS if topic.endswith(mark)})
    return [space for space in found if not any(space.startswith(f"{other}/") for other in found if other != space)]


def without_namespace(source: Any, said: list[str]) -> tuple[Any, str]:
    """A source as `InNamespace` shows it, and the namespace of its graph; where there are several, that is `said`."""
    spaces = graph_spaces(source.topics)
    if len(spaces) > 1:
        said.append(f"graphs of the namespaces {spaces}: topics keep their whole names")
    if len(spaces) != 1 or not spaces[0]:
        return source, ""
    return InNamespace(source, spaces[0]), spaces[0]


class InNamespace:
    """A bag's source whose topics of one namespace are named without it; those of others keep their names.

    Args:
        source: as `inhand_data.bags` reads it.
        space: such as "/left".
    """

    def __init__(self, source: Any, space: str) -> None:
        self._source, self._space = source, space
        self.types, self.notes = source.types, source.notes
        self.topics = {self.inner(topic): kind for topic, kind in source.topics.items()}
        self.counts = {self.inner(topic): count for topic, count in source.counts.items()}
        self.latched = {self.inner(topic) for topic in source.latched}

    def inner(self, topic: str) -> str:
        """A topic's name without the namespace."""
        return topic.removeprefix(self._space) if topic.startswith(f"{self._space}/") else topic

    def problems(self) -> list[str]:
        """What is wrong with the files."""
        return self._source.problems()

    def entries(self, topics: set[str], stored_order: bool) -> Iterator[Any]:
        """Messages of the topics."""
        wanted = {topic for topic in self._source.topics if self.inner(topic) in topics}
        for entry in self._source.entries(wanted, stored_order):
            yield entry._replace(topic=self.inner(entry.topic))
