"""Quality of service of the graph's topics, from the `qos` and `depth` entries of config/graph.yaml.

| entry    | publisher                          | subscription                       |
|----------|------------------------------------|------------------------------------|
| sensor   | reliable, volatile, one second     | best effort, volatile, depth       |
| reliable | reliable, volatile, one second     | the same, depth                    |
| latched  | reliable, transient local, depth   | the same                           |

A publisher of a stream offers reliability and keeps its last second (depth, where that is more), so that a recorder
that is held up on a busy machine still gets every message; the graph's consumers of `sensor` topics do not ask for it,
so that an old frame never delays a new one. In lockstep every topic is reliable and transient local with a deep
history: a node that is discovered late still gets the messages that it must wait for.
"""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, LivelinessPolicy, QoSProfile, ReliabilityPolicy

from inhand_core.graph_spec import LOCKSTEP_DEPTH, GraphSpec


def _profile(depth: int, reliable: bool = True, latched: bool = False) -> QoSProfile:
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        liveliness=LivelinessPolicy.AUTOMATIC,
    )


def publisher_qos(spec: GraphSpec, topic: str, lockstep: bool = False) -> QoSProfile:
    """What the producer of a topic offers."""
    if lockstep:
        return _profile(LOCKSTEP_DEPTH, latched=True)
    entry = spec.topics[topic]
    return _profile(entry.publisher_depth, latched=entry.qos == "latched")


def subscription_qos(spec: GraphSpec, topic: str, lockstep: bool = False) -> QoSProfile:
    """What a consumer of a topic asks for."""
    if lockstep:
        return _profile(LOCKSTEP_DEPTH, latched=True)
    entry = spec.topics[topic]
    return _profile(entry.depth, reliable=entry.qos != "sensor", latched=entry.qos == "latched")


def observer_qos(reliable: bool = True, latched: bool = False, depth: int = 2000) -> QoSProfile:
    """What a recorder or monitor asks for: everything that the publishers can give, with room for a late reader."""
    return _profile(depth, reliable=reliable, latched=latched)
