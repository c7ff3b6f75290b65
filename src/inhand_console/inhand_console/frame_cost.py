"""What a frame costs a browser, from Chromium's own records: the page's work, apart from waiting for who draws it.

Where there is no GPU a frame takes as long as software needs to draw it, and its wall time says nothing about a machine
that has one. The processor time of the browser's main thread does: scripts, styles, layout, and handing over what is to
be drawn run there with and without a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FRAME_MS = 1e3 / 60.0
"""Time for a frame at 60 frames a second [ms]."""
CATEGORIES = ("toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata")
_MAIN, _GPU, _TASK, _FRAME = "CrRendererMain", "CrGpuMain", "RunTask", "FireAnimationFrame"
COUNT_DRAWING = """(() => {
    const counts = window.inhandDrawn = {frames: 0, calls: 0, triangles: 0};
    let last = null;
    const drawn = (mode, count, instances) => {
        const now = document.timeline.currentTime;
        if (now !== last) { last = now; counts.frames += 1; }
        counts.calls += 1;
        if (mode === WebGL2RenderingContext.TRIANGLES) counts.triangles += instances * count / 3;
    };
    const wrap = (owner, name, read) => {
        const original = owner[name];
        owner[name] = function (...given) { drawn(...read(given)); return original.apply(this, given); };
    };
    const gl = WebGL2RenderingContext.prototype;
    wrap(gl, 'drawArrays', a => [a[0], a[2], 1]);
    wrap(gl, 'drawElements', a => [a[0], a[1], 1]);
    wrap(gl, 'drawArraysInstanced', a => [a[0], a[2], a[3]]);
    wrap(gl, 'drawElementsInstanced', a => [a[0], a[1], a[4]]);
})()"""
"""Before the page's own scripts: counts in `inhandDrawn` what is drawn with WebGL, shadows included."""


@dataclass(frozen=True)
class FrameCost:
    """Means over the frames of a record [ms].

    Attributes:
        frames: how many there were.
        main_ms: processor time of the main thread a frame, everything it does included.
        main_wall_ms: how long it took for that, waiting for who draws included.
        gpu_ms: how long the tasks of the process that draws took a frame.
    """

    frames: int
    main_ms: float
    main_wall_ms: float
    gpu_ms: float

    @property
    def share(self) -> float:
        """Of the time for a frame at 60 a second, what the main thread's own work takes."""
        return self.main_ms / FRAME_MS


def frame_cost(events: Sequence[Mapping[str, Any]]) -> FrameCost:
    """The cost of a frame, from a trace of `CATEGORIES`.

    Raises:
        ValueError: no frame was drawn, or the trace has no processor times.
    """
    threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e.get("name") == "thread_name"}
    whole = [event for event in events if event.get("ph") == "X"]
    drawn = [event for event in whole if event["name"] == _FRAME]
    if not drawn:
        raise ValueError("no frame in this trace")
    page = (drawn[0]["pid"], drawn[0]["tid"])
    # Scripts may ask for several callbacks a frame; they share its one task.
    tasks = [event for event in whole if event["name"] == _TASK]
    main = [task for task in tasks if (task["pid"], task["tid"]) == page and threads.get(page) == _MAIN]
    gpu = [task for task in tasks if threads.get((task["pid"], task["tid"])) == _GPU]
    if not any("tdur" in task for task in main):
        raise ValueError("this browser does not record processor times")
    frames = sum(any(_within(event, task) for event in drawn) for task in main)
    if not frames:
        raise ValueError("no frame in this trace")
    per_frame = 1e-3 / frames
    return FrameCost(
        frames,
        per_frame * sum(task.get("tdur", 0) for task in main),
        per_frame * sum(task["dur"] for task in main),
        per_frame * sum(task["dur"] for task in gpu),
    )


def _within(event: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    return bool(task["ts"] <= event["ts"] <= task["ts"] + task["dur"])
