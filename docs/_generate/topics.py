"""The page of topics and services: from config/graph.yaml, and from what the nodes create beside it."""

from __future__ import annotations

import yaml
from sources import ROOT, Endpoint, endpoints, page, table

from inhand_viz.topics import VIZ_TOPICS

QUALITY = {
    "sensor": "consumers best effort, producers reliable for those who ask",
    "reliable": "reliable",
    "latched": "reliable, transient local: the last message also reaches who comes later",
}


def generate() -> str:
    """Return the page."""
    graph = yaml.safe_load((ROOT / "config" / "graph.yaml").read_text(encoding="utf-8"))
    found = endpoints()
    intro = (
        "Written from `config/graph.yaml` and the nodes' sources. Names are relative to the namespace that a launch "
        "file may push; units, frames and conventions are in the comments of the [messages](messages.md)."
    )
    sections = [
        "## The graph",
        *(
            _graph_topic(name, entry, graph["profiles"]["realtime"]["components"])
            for name, entry in graph["topics"].items()
        ),
        "## Beside the graph",
        "Topics that nodes publish for people and tools.",
        _beside(graph, found),
        "## Services",
        _services(found),
    ]
    return page("Topics and services", intro, sections)


def _graph_topic(name: str, entry: dict, components: dict) -> str:
    producers = [c["node"] for c in components.values() if name in c["outputs"].values()]
    consumers = [c["node"] for c in components.values() if name in [*c["inputs"].values(), c.get("on")]]
    quality = entry.get("qos", "reliable")
    rate = f"{entry['rate']} Hz" + (", free-running on change" if entry.get("on_change") else "")
    links = ", ".join(link["component"].split(":")[1] for link in entry.get("links", ()))
    rows = [
        ("type", f"`{entry['message']}`"),
        ("rate", rate),
        ("QoS", f"{quality}: {QUALITY[quality]}; depth {entry.get('depth', 10)}"),
        ("from", ", ".join(f"`{node}`" for node in producers) or "a driver"),
        ("to", ", ".join(f"`{node}`" for node in dict.fromkeys(consumers)) or "whoever listens"),
        *([("on its way in simulation", links)] if links else []),
    ]
    return f"### /{name}\n\n{table(('property', 'value'), rows)}"


def _beside(graph: dict, found: list[Endpoint]) -> str:
    known = {f"/{name}" for name in graph["topics"]}
    rows: dict[tuple[str, str], set[str]] = {}
    for endpoint in found:
        if endpoint.role == "publisher" and endpoint.name not in known:
            rows.setdefault((endpoint.name, endpoint.type), set()).add(endpoint.package)
    for name, topic in VIZ_TOPICS.items():
        rows[f"/{name}", topic.message.rpartition("/")[2]] = {"inhand_console"}
    return table(
        ("topic", "type", "published by"),
        ((f"`{name}`", f"`{kind}`", ", ".join(sorted(packages))) for (name, kind), packages in sorted(rows.items())),
    )


def _services(found: list[Endpoint]) -> str:
    rows = ((f"`{e.name}`", f"`{e.type}`", e.package) for e in found if e.role == "service")
    return table(("service", "type", "served by"), rows)
