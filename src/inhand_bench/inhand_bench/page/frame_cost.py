"""Frames a second and what one costs a browser, from Chromium's own records: the page apart from who draws it.

Where there is no GPU a frame takes as long as software needs to draw it, and its wall time says nothing about a machine
that has one. The processor time of the browser's main thread does: scripts, styles, layout, and handing over what is to
be drawn run there with and without a GPU.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

FRAME_MS = 1e3 / 60.0
"""Time for a frame at 60 frames a second [ms]."""
CATEGORIES = ("toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "__metadata")
SHOWN = ("disabled-by-default-display.framedisplayed",)
"""Category with one event a frame that the compositor has put on the screen, or where a screen would be."""
_DISPLAYED = "Display::FrameDisplayed"
_MAIN, _GPU, _TASK, _FRAME = "CrRendererMain", "CrGpuMain", "RunTask", "FireAnimationFrame"
COUNT_DRAWING = """(() => {
    const counts = window.inhandDrawn = {times: [], calls: 0, triangles: 0};
    let last = null;
    const drawn = (mode, count, instances) => {
        const now = document.timeline.currentTime;
        if (now !== last) { last = now; counts.times.push(now); }
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
"""Before the page's own scripts: notes in `inhandDrawn` what is drawn with WebGL, and when its frames were due [ms]."""
LEAVES_A_PIXEL = """(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const gl = canvas.getContext('webgl2'), program = gl.createProgram();
    const add = (kind, source) => {
        const shader = gl.createShader(kind);
        gl.shaderSource(shader, '#version 300 es\\n' + source);
        gl.compileShader(shader);
        gl.attachShader(program, shader);
    };
    add(gl.VERTEX_SHADER, 'void main() { gl_Position = vec4(0, 0, 0, 1); gl_PointSize = 4.0; }');
    add(gl.FRAGMENT_SHADER, 'precision mediump float; out vec4 color; void main() { color = vec4(1); }');
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.drawArrays(gl.POINTS, 0, 1);
    const pixel = new Uint8Array(4);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    return pixel.some(value => value > 0);
})()"""
"""Whether what is drawn with WebGL is there afterwards."""


@dataclass(frozen=True)
class Pace:
    """How frames of the scene followed each other.

    Attributes:
        rate: frames a second [Hz].
        p95_ms: 95 of 100 came at most so long after the one before [ms].
        longest_ms: longest time between two [ms].
    """

    rate: float
    p95_ms: float
    longest_ms: float


def pace(times_ms: Sequence[float]) -> Pace:
    """The pace of frames that were due at these times [ms], in their order.

    Raises:
        ValueError: they are fewer than two.
    """
    between = sorted(after - before for before, after in pairwise(times_ms))
    if not between:
        raise ValueError("fewer than two frames")
    return Pace(1e3 * len(between) / sum(between), between[math.ceil(0.95 * len(between)) - 1], between[-1])


def frames_shown(events: Sequence[Mapping[str, Any]]) -> int:
    """How many frames the compositor put on the screen, from a trace of `SHOWN`.

    More than the page draws where machine and browser lag: a late scene and the rest of the page come apart then.
    """
    return sum(event.get("name") == _DISPLAYED for event in events)


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
