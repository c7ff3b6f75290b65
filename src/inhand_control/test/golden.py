"""The golden trace: one run of the controller through all its modes, in one file that C++ and Python both read.

Lines of tests/golden/controller_trace.csv: `parameter,name,value`, `table,name,values…`,
`calibration,joint,raw,angle,raw,angle…`, then what happens in order: `enable`, `stop`, `clear`,
`sensors,now_ns,stamp_ns,sequence,26 values`, `action,now_ns,sequence,20 values`,
`step,now_ns,mode,20 torques`. Write it anew with `python golden.py` (in this folder).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import hand

import inhand_control as ic

PATH = Path(__file__).resolve().parents[3] / "tests/golden/controller_trace.csv"
PARAMETERS = hand.parameters(action_timeout_s=0.06, soft_start_s=0.03, velocity_filter_s=0.01, torque_slew=100.0)
PERIOD_NS = 5_000_000


def _hall(k: int) -> list[float]:
    return [float(round(2000 + 350 * math.sin(0.05 * k + 0.7 * c) - 40 * math.cos(0.31 * k * c))) for c in range(26)]


def _action(k: int) -> list[float]:
    return [round(0.6 * math.sin(0.9 * k + 1.3 * a), 2) for a in range(20)]


def events() -> Iterator[list]:
    """What happens in the run, in order; `step` without its result."""
    sensors = action = 0
    for k in range(96):
        now = k * PERIOD_NS
        if k in (2, 80, 84):  # enabled; refused while stopped; enabled again
            yield ["enable"]
        if k == 77:
            yield ["stop"]
        if k == 82:
            yield ["clear"]
        if k >= 4 and not 56 <= k < 63:  # not yet any sensors; seven readings lost
            if k != 20:  # one reading lost
                yield ["sensors", now, now, sensors, *_hall(k)]
            if k == 24:
                yield ["sensors", now, now, sensors - 1, *_hall(0)]  # an old one again
            if k == 26:
                yield ["sensors", now, now, sensors + 1, *[math.nan] * 26]
            if k == 27:
                yield ["sensors", now, now, sensors + 1, *[4096.0] * 26]
            sensors += 1
        if k % 8 == 0 and k >= 4 and not 32 <= k < 48:  # actions cease for a while
            yield ["action", now, action, *_action(k)]
            action += 1
        if k == 18:
            yield ["action", now, action, *[math.nan] * 20]
            yield ["action", now, action, *[1.5] * 20]
        yield ["step", now]


def setting() -> Iterator[list]:
    """Parameters and tables of the run."""
    for name, value in PARAMETERS.items():
        yield ["parameter", name, value]
    tables = hand.tables()
    calibration = tables.pop("calibration")
    for name, values in tables.items():
        yield ["table", name, *(values if isinstance(values, list) else [values])]
    for joint, points in calibration.items():
        yield ["calibration", joint, *(x for pair in zip(points["raw"], points["angle"], strict=True) for x in pair)]


def controller() -> ic.BatchController:
    """The controller of the run, not yet enabled."""
    return ic.BatchController(hand.model(), hand.config(**PARAMETERS))


def play(batch: ic.BatchController, event: list) -> None:
    """Apply one event."""
    kind, *values = event
    if kind == "sensors":
        batch.offer_sensors(*values[:3], [values[3:]])
    elif kind == "action":
        batch.offer_action(*values[:2], [values[2:]])
    elif kind == "step":
        batch.step(values[0])
    else:
        getattr(batch, kind)()


def write(path: Path = PATH) -> None:
    """Write the trace with what the controller gives now."""
    batch = controller()
    lines = list(setting())
    for event in events():
        play(batch, event)
        lines.append([*event, int(batch.mode[0]), *batch.torque[0].tolist()] if event[0] == "step" else event)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(str(value) for value in line) + "\n" for line in lines))


if __name__ == "__main__":
    write()
