"""`inhand bag check` and `inhand bag repair`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import tyro

from inhand_core.files import write_whole


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


def check(
    bag: Annotated[Path, tyro.conf.Positional],
    topics: str = "",
    gap_factor: float = 2.5,
    max_offset: float = 1.0,
    min_rate: float = 0.95,
    json: Path | None = None,
) -> int:
    """Look for drops, slow topics, gaps and clock offsets in a bag; the code is 0 where it is whole and 1 where not.

    Args:
        bag: folder of the bag, or an .mcap file.
        topics: a regular expression; only topics in whose names it is found are checked.
        gap_factor: an interval longer than this many of the topic's periods is a gap.
        max_offset: largest median offset between a topic's stamps and the recorder's clock [s].
        min_rate: least share of the rate that the graph gives a topic.
        json: file for the report.
    """
    from inhand_data.bag_check import CheckConfig, as_json, check_bag

    found = check_bag(bag, CheckConfig(gap_factor, max_offset, topics, min_rate))
    reports = found.topics
    rows = [("topic", "messages", "Hz", "of", "dropped", "gaps", "longest", "offset", "99 %", "drift", "")]
    rows += [_row(topic, report) for topic, report in reports.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    for topic, *numbers, problems in rows:
        cells = [f"{topic:{widths[0]}}", *(f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:]))]
        print("  ".join([*cells, problems]).rstrip())
    bad = [topic for topic, report in reports.items() if report.problems]
    for text in found.problems:
        print(f"{bag}: {text}")
    state = "whole" if found.whole else f"{len(bad)} with problems: {bad}" if bad else "with the problems above"
    print(f"{bag}: {len(reports)} topics, {state}")
    if json is not None:
        write_whole(json, json_module.dumps({"bag": str(bag), **as_json(found)}, indent=1))
    return int(not found.whole)


def _row(topic: str, report) -> tuple[str, ...]:
    """A line of the table."""

    def number(value: float | None, unit: str, digits: int) -> str:
        return "" if value is None else f"{value:.{digits}f} {unit}"

    return (
        topic,
        str(report.messages),
        f"{report.rate_hz:.4g}" if report.rate_hz else "",
        f"{report.expected_hz:.4g}" if report.expected_hz else "",
        "?" if report.dropped is None else str(report.dropped),
        str(report.gaps),
        number(1e3 * report.longest_gap_s, "ms", 0),
        number(report.offset_ms, "ms", 2),
        number(report.offset_p99_ms, "ms", 2),
        number(report.drift_ppm, "ppm", 0),
        "; ".join(report.problems),
    )
