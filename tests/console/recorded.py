"""A page of a recording that looks as it did while that ran: pictures that do not depend on a machine's speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from stage import CONFIG

from inhand_console.nodes.replay_bag import read
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_console.replay import Replay
from inhand_console.snapshot import InUse, NodeReport, SimHealth, Snapshot
from inhand_console.weights_files import policies
from inhand_core import load_graph, read_yaml
from inhand_core.graph import known_groups
from inhand_core.paths import config_file, resource_root
from inhand_data.bags import open_bag
from inhand_viz.model import joint_names, load_hand, object_shape

WEIGHTS = "weights/block.safetensors"


class AsItWas:
    """Snapshots of a replay as a page got them, at the speed that was asked for, and without its time line.

    Args:
        replay: that is shown; `hold` ends it at a time [s].
    """

    def __init__(self, replay: Replay) -> None:
        self._replay, self.hold = replay, replay.duration
        self._names = frozenset(component.name for component in load_graph("realtime").components)

    def snapshot(self, now: float) -> Snapshot:
        """What the page would have seen."""
        if self._replay.time >= self.hold:
            self._replay.playing = False
        shown = self._replay.snapshot(now)
        # That the machine of the recording was slow, as monitor and simulator say, is none of what is shown.
        said = {name: report for name, report in shown.graph.reports.items() if name != "monitor"}
        reports = {name: replace(report, arrival=now, values=_at_home(report.values)) for name, report in said.items()}
        graph = replace(shown.graph, present=self._names | set(reports), reports=reports, states={"policy": "active"})
        reports["sim"] = NodeReport(0, "OK", {}, now)
        groups = dict.fromkeys(("sim", "tracker", "policy", "smoother"), "none")
        return replace(
            shown,
            graph=graph,
            replayed=None,
            simulator=SimHealth(1.0, 0, False),
            in_use=InUse(WEIGHTS, groups),
        )


def _at_home(values: Mapping[str, str]) -> dict[str, str]:
    """A recorder's report of its bag by the place where people have theirs."""
    return {key: f"bags/{Path(value).name}" if key == "take" else value for key, value in values.items()}


@contextmanager
def served(bag: Path, begin: float, hold: float) -> Iterator[tuple[str, Callable[[], None]]]:
    """The page of a bag that plays from `begin` to `hold` [s from its beginning] and stays there: where it is, and what
    begins again."""
    spec = load_graph("realtime")
    with open_bag(bag) as reader:
        replay = read(reader, spec, CONFIG)
    shown = AsItWas(replay)
    shown.hold = min(hold, replay.duration)

    def restart() -> None:
        replay.seek(begin)
        replay.playing = True

    restart()
    page = ConsolePage(
        replace(CONFIG, port=18095),
        load_hand(),
        joint_names(),
        object_shape("block"),
        spec,
        read_yaml(config_file("goal"))["tolerance_rad"],
        shown.snapshot,
        lambda command, value: None,
        Choices(policies(resource_root()), ("none", "all", *known_groups())),
    )
    try:
        time.sleep(0.5)
        yield page.url, restart
    finally:
        page.close()
