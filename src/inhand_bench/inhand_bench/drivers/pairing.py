"""Which frame of one stream is which of another that stamps and numbers them otherwise: the one that shows the same."""

from __future__ import annotations

import numpy as np

SAME_M, OTHER_M = 1e-6, 1e-5
"""Frames that differ by less are the same, by more are not [m]; between the two nothing can be said."""
NEAR_S = 0.5
"""Stamps of one moment differ by less: a driver's clock follows the simulator's late on an overloaded machine."""


def match(truth: tuple[np.ndarray, np.ndarray], driven: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    """Pairs of indices (in truth, in driven) of frames that show the same moment of a moving scene.

    Frames during which the scene stands still are left out, for they might be any.

    Args:
        truth, driven: rising times (n,) [s] and positions (n, M, 3) [m]; times may differ by `NEAR_S`.

    Raises:
        RuntimeError: frames of `driven` are like none of `truth`, or all stand still.
    """
    pairs, strangers = [], 0
    first = np.searchsorted(truth[0], driven[0] - NEAR_S)
    last = np.searchsorted(truth[0], driven[0] + NEAR_S)
    for index, (start, end) in enumerate(zip(first, last)):
        if end - start < 2:
            continue
        errors = np.abs(truth[1][start:end] - driven[1][index]).max(axis=(1, 2))
        best, second = np.partition(errors, 1)[:2]
        at_ends = driven[0][index] < truth[0][0] + NEAR_S or driven[0][index] > truth[0][-1] - NEAR_S
        strangers += best > SAME_M and not at_ends  # there the other stream may not have begun yet, or have ended
        if best <= SAME_M and second > OTHER_M:
            pairs.append((int(start + errors.argmin()), index))
    if strangers > 0.01 * len(driven[0]) or not pairs:
        raise RuntimeError(
            f"{strangers} of {len(driven[0])} frames are like none of the simulator's, {len(pairs)} are: "
            "comparing their times means nothing"
        )
    return pairs
