"""Node `console`: the web page. Without a visitor it listens to next to nothing."""

from __future__ import annotations

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from inhand_console.config import ConsoleConfig
from inhand_console.model import OBJECT_NAMES, joint_names, load_hand, object_shape
from inhand_console.nodes.feed import Feed
from inhand_console.nodes.parameters import choice, read_only
from inhand_console.nodes.run import run
from inhand_console.nodes.services import Services
from inhand_console.page import ConsolePage
from inhand_core import load_config, load_graph, read_yaml
from inhand_core.paths import config_file

VISITOR_CHECK_S = 0.5


class ConsoleNode(Node):
    """Serves the page of config/console.yaml; parameters host, port, profile, object, urdf."""

    def __init__(self) -> None:
        super().__init__("console")
        raw = read_yaml(config_file("console"))
        overrides = {
            "host": read_only(self, "host", raw["host"], "address to serve on; 127.0.0.1 is this machine alone"),
            "port": read_only(self, "port", raw["port"], "first port to try; the next free one is taken"),
        }
        config = load_config(ConsoleConfig, {**raw, **overrides}, "console.yaml")
        spec = load_graph(read_only(self, "profile", "realtime", "profile of config/graph.yaml to watch"))
        name = choice(self, "object", "block", OBJECT_NAMES, "object to show")
        urdf = read_only(self, "urdf", "", "robot description; empty: the project's own")
        self._feed = Feed(self, spec, config.rate_window_s)
        self._services = Services(self, config.step_ticks, lambda outcome: self._page.report(outcome))
        self._page = ConsolePage(
            config,
            load_hand(urdf),
            joint_names(),
            object_shape(name),
            spec,
            read_yaml(config_file("goal"))["tolerance_rad"],
            self._feed.inbox.snapshot,
            self._services.press,
        )
        self.create_timer(VISITOR_CHECK_S, self._check, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.get_logger().info(f"page: {self._page.url}")

    def destroy_node(self) -> None:
        """Stops serving, then ends as every node."""
        self._page.close()
        super().destroy_node()

    def _check(self) -> None:
        if not self._page.alive:
            raise RuntimeError("the page stopped drawing; see the error above")
        self._feed.follow(self._page.watched)
        self._services.check()


def main() -> None:
    """Runs the node until it is interrupted."""
    run(ConsoleNode)
