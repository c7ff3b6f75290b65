"""`inhand bag repair`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def repair(bags: Annotated[tuple[Path, ...], tyro.conf.Positional]) -> None:
    """Give bags whose recorder was killed their index, their end and metadata.yaml, so that every program opens them.

    The files are repaired in place; nothing that can be read is changed or lost. A whole bag is left as it is.

    Args:
        bags: folders of bags, or .mcap files.
    """
    from inhand_data.bags import BagError
    from inhand_data.repair import repair_bag

    if not bags:
        raise BagError("name at least one bag")
    for bag in bags:
        done = repair_bag(bag)
        for text in done.problems:
            print(f"{bag}: {text}")
        new = [f"index of {name}" for name in done.files] + (["metadata.yaml"] if done.metadata else [])
        print(f"{bag}: {done.messages} messages; " + (f"wrote {', '.join(new)}" if new else "whole, nothing to do"))
