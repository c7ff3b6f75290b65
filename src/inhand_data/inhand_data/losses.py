"""What "dropped" means, everywhere: messages that are missing by their publisher's count.

Two things count: the field `sequence` of this project's messages, and the numbers that the middleware gives, which the
recorder keeps in the bag's notes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from inhand_data.bags import BagReader

LATE = 1000
"""A number that is lower than the highest by no more than this, and was not seen, came late; any other is a restart."""


def missing_numbers(sequence: Iterable[int]) -> tuple[int, int]:
    """Numbers that are missing between the lowest and the highest of each run, and how often a run started over.

    Order does not matter within a run: a message that came late is not missing.
    """
    missing = restarts = 0
    seen: set[int] = set()
    lowest = highest = 0
    for number in sequence:
        number = int(number)
        if seen and (number in seen or number < highest - LATE):
            missing += highest - lowest + 1 - len(seen)
            restarts += 1
            seen.clear()
        lowest, highest = (min(lowest, number), max(highest, number)) if seen else (number, number)
        seen.add(number)
    return missing + (highest - lowest + 1 - len(seen) if seen else 0), restarts


def dropped(bag: BagReader, topic: str, sequence: Iterable[int] | np.ndarray = ()) -> int | None:
    """Messages of a topic that are missing by the publisher's count; None where nothing counts them.

    Args:
        bag: which may know what its recorder never got.
        topic: the topic.
        sequence: numbers of the topic's messages, as they are stored; empty where they have none.
    """
    numbers, lost = list(sequence), bag.lost()
    counted = missing_numbers(numbers)[0] if numbers else None
    told = None if lost is None else lost.get(topic, 0)
    return max((value for value in (counted, told) if value is not None), default=None)
