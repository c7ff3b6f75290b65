"""What a frame costs, read from records made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from inhand_bench.page.frame_cost import FRAME_MS, frame_cost, frames_shown, pace

THREADS = [
    {"name": "thread_name", "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}
    for pid, tid, name in (
        (1, 1, "CrRendererMain"),
        (2, 1, "CrGpuMain"),
        (1, 7, "Compositor"),
        (3, 1, "CrRendererMain"),
    )
]


def task(ts: int, dur: int, tdur: int | None, where: tuple[int, int] = (1, 1), name: str = "RunTask") -> dict[str, Any]:
    event = {"name": name, "ph": "X", "pid": where[0], "tid": where[1], "ts": ts, "dur": dur}
    return event if tdur is None else {**event, "tdur": tdur}


def frame(ts: int) -> dict[str, Any]:
    return task(ts, 10, 10, name="FireAnimationFrame")


def test_the_pages_work_is_told_from_waiting_and_from_drawing() -> None:
    events = [
        *THREADS,
        task(0, 100_000, 4_000),
        frame(10),
        frame(50),  # two callbacks of one frame
        task(200_000, 100_000, 6_000),
        frame(200_010),
        task(310_000, 1_000, 1_000),  # between frames: a message
        task(5, 90_000, 80_000, (2, 1)),
        task(7, 50_000, 50_000, (1, 7)),
        task(8, 50_000, 50_000, (3, 1)),  # another page's main thread
    ]
    cost = frame_cost(events)
    assert cost.frames == 2
    assert cost.main_ms == pytest.approx(5.5) and cost.main_wall_ms == pytest.approx(100.5)
    assert cost.gpu_ms == pytest.approx(45.0)
    assert cost.share == pytest.approx(5.5 / FRAME_MS)


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([*THREADS, task(0, 10, 10)], "no frame"),
        ([*THREADS, task(0, 10, 10), frame(500)], "no frame"),
        ([*THREADS, task(0, 100, None), frame(5)], "processor times"),
    ],
)
def test_a_record_that_says_nothing_is_refused(events: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        frame_cost(events)


def test_the_pace_of_frames_tells_their_rate_from_the_stutter() -> None:
    steady = pace([20.0 * tick for tick in range(101)])
    assert (steady.rate, steady.p95_ms, steady.longest_ms) == pytest.approx((50.0, 20.0, 20.0))
    stuttering = pace([10.0 * tick for tick in range(101) if not 40 < tick < 50])  # nine are missing, in one gap
    assert (stuttering.rate, stuttering.p95_ms, stuttering.longest_ms) == pytest.approx((91.0, 10.0, 100.0))


def test_of_twenty_intervals_the_longest_alone_is_beyond_95_in_100() -> None:
    times = [10.0 * tick for tick in range(20)]
    assert pace([*times, times[-1] + 50.0]).p95_ms == pytest.approx(10.0)
    assert pace([*times[:-1], times[-2] + 50.0]).p95_ms == pytest.approx(50.0)


def test_one_frame_has_no_pace() -> None:
    with pytest.raises(ValueError, match="fewer than two frames"):
        pace([5.0])


def test_frames_shown_are_counted_among_other_events() -> None:
    shown = {"name": "Display::FrameDisplayed", "ph": "I", "pid": 2, "tid": 1, "ts": 5}
    assert frames_shown([*THREADS, shown, task(0, 10, 10), shown]) == 2
