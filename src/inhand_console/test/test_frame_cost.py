"""What a frame costs, read from records made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from inhand_console.frame_cost import FRAME_MS, frame_cost

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
