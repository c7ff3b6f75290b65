"""How the simulator's node keeps time: parameters `speed`, `wait_for_graph`, and what it then waits for."""

from __future__ import annotations

import contextlib
from typing import Any

from rclpy.node import Node

from inhand_core.config import ConfigError, read_yaml
from inhand_core.paths import config_file
from inhand_data.stamps import ShortMessage, read_header
from inhand_ros import declare
from inhand_ros.messages import message_class
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.parameters import file_comments
from inhand_ros.qos import observer_qos
from inhand_sim.waiting import Gate, Stream

SPEEDS = (0.0, 100.0)
CONFIG = "simulated_time"
DEPTH = 50


def declare_speed(node: Node) -> float:
    """Declares and returns `speed`: simulated over wall time, at most; 0: as fast as the graph answers."""
    content, comments = read_yaml(config_file(CONFIG)), file_comments(config_file(CONFIG))
    return declare(node, "speed", content["speed"], comments["speed"], SPEEDS)


def make_gate(node: Any, start_ns: int) -> Gate | None:
    """What holds the simulation back; None where it does not wait or is in lockstep.

    It is told of the component's inputs by the node, which gives them to the component first, and of the other topics
    by subscriptions that are made here.

    Raises:
        ConfigError: config/simulated_time.yaml names a topic that the graph does not have, or a time that is not > 0.
    """
    path = config_file(CONFIG)
    content, comments = read_yaml(path), file_comments(path)
    waits = declare(node, "wait_for_graph", content["wait_for_graph"], comments["wait_for_graph"])
    patience = declare(node, "patience_s", content["patience_s"], comments["patience_s"])
    text = comments["limits_s"]
    limits = {
        topic: declare(node, f"limits_s.{topic.replace('/', '_')}", value, text, (0.0, 10.0))
        for topic, value in content["limits_s"].items()
    }
    if unknown := sorted(set(limits) - set(node.spec.topics)):
        raise ConfigError(f"{path}: limits_s: unknown topics {unknown}; known {sorted(node.spec.topics)}")
    if not waits or node.lockstep:
        return None
    gate = Gate([Stream(topic, limit) for topic, limit in limits.items() if limit], patience, start_ns)
    for topic in set(gate.topics) - set(node.component_spec.inputs.values()):
        kind = message_class(node.spec.topics[topic].message)
        latched = node.spec.topics[topic].qos == "latched"
        node.create_subscription(
            kind,
            topic,
            _teller(gate, topic, PublisherGuard(node, topic)),
            observer_qos(latched=latched, depth=DEPTH),
            raw=True,
        )
    return gate


def _teller(gate: Gate, topic: str, guard: PublisherGuard) -> Any:
    def tell(data: bytes, info: Any) -> None:
        with contextlib.suppress(ShortMessage):  # nobody's answer
            stamp_ns = read_header(data)[0]
            if guard.admits_message(info):
                gate.heard(topic, stamp_ns)

    return tell
