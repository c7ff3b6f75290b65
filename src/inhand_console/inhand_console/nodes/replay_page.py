"""Serves the page of a bag."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from inhand_console.commands import Command, Outcome
from inhand_console.config import ConsoleConfig
from inhand_console.nodes.replay_bag import read
from inhand_console.page import ConsolePage
from inhand_console.panel import Choices
from inhand_core import load_config, load_graph, read_yaml
from inhand_core.paths import config_file
from inhand_data.bags import BagReader, open_bag
from inhand_description.objects import OBJECTS
from inhand_viz.model import joint_names, load_hand, object_shape


def serve(path: Path, port: int, name: str) -> None:
    """Serves the page of a bag until Ctrl-C.

    Raises:
        BagError: the bag cannot be read, or has nothing that the page shows.
    """
    config = load_config(ConsoleConfig, read_yaml(config_file("console")), "console.yaml")
    config = replace(config, port=port) if port else config
    spec = load_graph("realtime")
    with open_bag(path) as bag:
        replayed = read(bag, spec, config)
        shape = object_shape(name or _named(bag))
    page = ConsolePage(
        config,
        load_hand(),
        joint_names(),
        shape,
        spec,
        read_yaml(config_file("goal"))["tolerance_rad"],
        replayed.snapshot,
        lambda command, _: page.report(refused(command)),
        Choices((), ()),
        replayed,
    )
    print(f"page: {page.url}  ({path}, {replayed.duration:.1f} s; Ctrl-C ends it)", flush=True)
    try:
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        page.close()


def refused(command: Command) -> Outcome:
    """What becomes of any press in a replay."""
    return Outcome(command, False, "this is a recording: nothing here moves a hand")


def _named(bag: BagReader) -> str:
    """The object that the bag's first goal names, where this machine has it; else the block."""
    for _, message in bag.messages(["/goal"]):
        return message.object if message.object in OBJECTS else "block"
    return "block"
