"""How the simulator's node keeps time: parameters `speed`, `wait_for_graph`, and what it then waits for."""

from __future__ import annotations

import contextlib
from typing import Any

from rclpy.node import Node

from inhand_core.config import ConfigError, load_config, read_yaml
from inhand_core.paths import config_file
from inhand_data.stamps import ShortMessage, read_header
from inhand_ros.messages import message_class
from inhand_ros.one_publisher import PublisherGuard
from inhand_ros.parameters import declare_config
from inhand_ros.qos import observer_qos
from inhand_sim.waiting import Gate, SimulatedTimeConfig, Stream

CONFIG = "simulated_time"
DEPTH = 50


def declare_speed(node: Node) -> float:
    """Declares and returns `speed`: simulated over wall time, at most; 0: as fast as the graph answers."""
    path = config_file(CONFIG)
    return declare_config(node, SimulatedTimeConfig, {"speed": read_yaml(path)["speed"]}, path)["speed"]


def make_gate(node: Any, start_ns: int) -> Gate | None:
    """What holds the simulation back; None where it does not wait or is in lockstep.

    It is told of the component's inputs by the node, which gives them to the component first, and of the other topics
    by subscriptions that are made here.

    Raises:
        ConfigError: config/simulated_time.yaml names a topic that the graph does not have, or a time that is not > 0.
    """
    path = config_file(CONFIG)
    content = read_yaml(path)
    speed = content.pop("speed")  # which is declared by itself
    values = declare_config(node, SimulatedTimeConfig, content, path)
    config = load_config(SimulatedTimeConfig, {"speed": speed, **values}, path.name)
    limits = config.limits_s
    if unknown := sorted(set(limits) - set(node.spec.topics)):
        raise ConfigError(f"{path}: limits_s: unknown topics {unknown}; known {sorted(node.spec.topics)}")
    if not config.wait_for_graph or node.lockstep:
        return None
    gate = Gate([Stream(topic, limit) for topic, limit in limits.items() if limit], config.patience_s, start_ns)
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
