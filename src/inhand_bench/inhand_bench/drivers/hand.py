"""The hand's part of `inhand bench drivers`: the bus, and both ways through driver and emulated slave."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from inhand_bench.drivers.codes import latencies
from inhand_bench.drivers.commands import Row, quantiles
from inhand_bench.drivers.processes import NodeProcesses
from inhand_bench.drivers.puppet import BACK, FRONT, Puppet
from inhand_drivers.hand.wire import missing_capability

DRIVER, EMULATOR = "inhand_drivers.nodes.hand_driver", "inhand_drivers.nodes.emulate_hand"
SETTLE_S = 3.0


def rows(seconds: float) -> Iterator[Row]:
    """Latency of sensors and torques, beside a reader of what was sent; then what the driver says of its bus."""
    if missing := missing_capability():
        yield Row(f"not measured: {missing}", "", "")
        return
    interface = f"ec{os.getpid()}"
    with NodeProcesses() as nodes, Puppet(nodes.domain) as puppet:
        nodes.start(EMULATOR, f"interface:={interface}")
        nodes.start(DRIVER, f"interface:={interface}")
        puppet.await_sensors()
        puppet.play(SETTLE_S)
        before, start = nodes.cpu_seconds(DRIVER), time.monotonic()
        heard = puppet.play(seconds)
        cpu = (nodes.cpu_seconds(DRIVER) - before) / (time.monotonic() - start)
        report = puppet.report()
    for name, (arrives, sent), tolerance in (("sensors", FRONT, 0.0), ("torques", BACK, 0.5 * puppet.scale)):
        direct, driven = latencies(puppet.read(heard, sent), puppet.read(heard, arrives), tolerance)
        yield Row(f"{name} compared, equal", str(len(direct)), str(len(driven)))
        yield Row(f"{name}, write to reader, p50 / p99", quantiles(direct), quantiles(driven))
    yield Row("sensor messages a second", "", f"{len(heard[FRONT[0]]) / seconds:.1f}")
    p50, p99 = (float(report[f"bus round trip {p} [us]"]) for p in ("p50", "p99"))
    yield Row("bus: frame out and back, p50 / p99", "", f"{p50:.0f} / {p99:.0f} us")
    for key in ("cycles", "missed answers", "bus cycles left out"):
        yield Row(f"bus: {key}", "", report.get(key, "0"))
    yield Row("the driver's CPU", "", f"{cpu:.2f} cores")
