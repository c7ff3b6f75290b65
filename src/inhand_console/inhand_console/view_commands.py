"""`inhand view page`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def page(bag: Annotated[Path, tyro.conf.Positional], port: int = 0, object: str = "") -> None:
    """Replay a bag in the web page: scene, plots, cameras and health at any time of it; Ctrl-C ends it.

    Example: inhand view page bags/first

    Args:
        bag: folder of the bag, or an .mcap file.
        port: first port to try; 0: that of config/console.yaml.
        object: what was turned; default what the bag's goals name.
    """
    from inhand_console.nodes.replay_page import serve

    serve(bag, port, object)
