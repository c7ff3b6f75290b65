"""Every topic that somebody publishes, with its type, and whether a path into its message leads somewhere."""

from __future__ import annotations

import re

from inhand_console.nodes.feed import CAMERA_TOPICS, SIDE_TOPICS, STATUS_TOPICS
from inhand_core import load_graph
from inhand_ros.messages import message_class
from inhand_viz.topics import VIZ_TOPICS


def offered() -> dict[str, str]:
    """Topic -> type of everything that somebody publishes."""
    graph = {name: entry.message for name, entry in load_graph("realtime").topics.items()}
    graph |= {name: entry.message for name, entry in VIZ_TOPICS.items()}
    graph |= {name: kind for name, (kind, _) in (STATUS_TOPICS | SIDE_TOPICS | CAMERA_TOPICS).items()}
    return {f"/{name.lstrip('/')}": kind for name, kind in graph.items()}


def field_problem(topic: str, parts: list[str]) -> str | None:
    """Why fields such as ["pose", "position[3]"] can be read from no message of a topic; None where they can."""
    if topic not in offered():
        return f"nobody publishes {topic}"
    message = message_class(offered()[topic])
    for part in parts:
        name, index = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", part).groups()
        fields = message.get_fields_and_field_types()
        if name not in fields:
            return f"{topic} has no {name}; it has {sorted(fields)}"
        kind, size = fields[name], re.search(r"\[(\d+)\]", fields[name])
        many = size is not None or kind.startswith("sequence")
        if many != (index is not None):
            return f"{topic}: {name} is {kind}"
        if size is not None and int(index) >= int(size[1]):
            return f"{topic}: {name} has {size[1]} elements"
        if "/" in kind:
            package, _, last = re.sub(r"sequence<|>|\[\d+\]", "", kind).partition("/")
            message = message_class(f"{package}/msg/{last}")
    return None
