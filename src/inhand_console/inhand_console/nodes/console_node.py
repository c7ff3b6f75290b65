"""Node `console`: the web page. Without a visitor it listens to next to nothing."""

from __future__ import annotations

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node

from inhand_console.config import ConsoleConfig
from inhand_console.guard import write_private
from inhand_console.nodes.feed import Feed
from inhand_console.nodes.graph_watch import GraphWatch
from inhand_console.nodes.in_use import InUseWatch
from inhand_console.nodes.services import Services
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_console.weights_files import policies
from inhand_core import load_config, load_graph, read_yaml
from inhand_core.graph import known_groups
from inhand_core.paths import config_file, resource_root, state_folder
from inhand_ros import declare, run_node
from inhand_ros.names import declare_frame_prefix
from inhand_ros.parameters import declare_config
from inhand_viz.model import joint_names, load_hand, object_shape

VISITOR_CHECK_S = 0.5


class ConsoleNode(Node):
    """Serves the page of config/console.yaml; parameters host, port, profile, object, urdf."""

    def __init__(self) -> None:
        super().__init__("console")
        raw = read_yaml(config_file("console"))
        overrides = declare_config(self, ConsoleConfig, {name: raw[name] for name in ("host", "port")})
        config = load_config(ConsoleConfig, {**raw, **overrides}, "console.yaml")
        spec = load_graph(declare(self, "profile", "realtime", "profile of config/graph.yaml to watch"))
        name = declare(self, "object", "block", "object to show: a name of config/objects, or the path of such a file")
        urdf = declare(self, "urdf", "", "robot description; empty: the project's own")
        self._feed = Feed(self, spec, config.rate_window_s, declare_frame_prefix(self))
        self._watch, self._in_use = GraphWatch(self), InUseWatch(self)
        self._caller = Services(
            self, config.step_ticks, lambda outcome: self._page.report(outcome), lambda: self._page.newest
        )
        self._page = ConsolePage(
            config,
            load_hand(urdf),
            joint_names(),
            object_shape(name),
            spec,
            read_yaml(config_file("goal"))["tolerance_rad"],
            self._feed.inbox.snapshot,
            self._caller.press,
            Choices(policies(resource_root()), ("none", "all", *known_groups())),
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._pump = self.create_timer(1.0 / config.scene_hz, self._feed.pump, clock=steady)
        self.create_timer(VISITOR_CHECK_S, self._check, clock=steady)
        self._say_where()

    def _say_where(self) -> None:
        """Names the page in the log; its token goes into a file that this user alone can read."""
        where = f"page: {self._page.place}"
        if self._page.url != self._page.place:
            file = state_folder() / f"page_{self._page.place.rpartition(':')[2]}"
            write_private(file, f"{self._page.url}\n")
            where += f"; its token is in {file}"
        self.get_logger().info(where)

    def destroy_node(self) -> None:
        """Stops serving, then ends as every node."""
        self._page.close()
        super().destroy_node()

    def _check(self) -> None:
        if not self._page.alive:
            raise RuntimeError("the page stopped drawing; see the error above")
        watched = self._page.watched
        self._feed.follow(watched, self._page.images_wanted)
        self._feed.pump()
        if watched:
            graph = self._watch.look(self._feed.reports)
            self._feed.inbox.note(graph=graph, in_use=self._in_use.look(graph.present))
        if watched and self._pump.is_canceled():
            self._pump.reset()
        elif not watched:
            self._pump.cancel()
            self._watch.forget()
            self._in_use.forget()
        self._caller.check()


def main() -> None:
    """Runs the node until it is interrupted."""
    run_node(ConsoleNode)
