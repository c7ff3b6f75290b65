"""The driver's state as pairs for /diagnostics, and how serious it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from inhand_drivers.hand.config import HandDriverConfig
from inhand_drivers.hand.core import HandCore, Phase
from inhand_drivers.hand.layout import AUXILIARY
from inhand_drivers.hand.tables import DeviceTables

WARM_C = 10.0
"""A motor is worth a warning from this far below its limit on."""


def trouble(core: HandCore) -> str:
    """Why the hand cannot be used now, or who else wants it; empty where all is well."""
    if core.phase is not Phase.OPERATING:
        return f"{core.phase.value}: {core.problem}"
    if faults := core.motors.faults:
        return f"zero torque until hand_driver/clear_faults is called: {'; '.join(faults)}"
    return core.ownership.trouble


class Status(Protocol):
    """What a report is written to."""

    def add(self, key: str, value: object) -> None: ...

    def warn(self, text: str) -> None: ...

    def error(self, text: str) -> None: ...


def fill(status: Status, core: HandCore | None, config: HandDriverConfig, tables: DeviceTables) -> None:
    """Writes a report; `core` None: the driver is not active."""
    if core is None:
        status.warn("inactive")
        return
    for key, value in pairs(core, config, tables):
        status.add(key, value)
    for text in warnings(core, config, tables):
        status.warn(text)
    if text := trouble(core):
        status.error(text)


def warnings(core: HandCore, config: HandDriverConfig, tables: DeviceTables) -> list[str]:
    """What is not as it should be while the hand works."""
    hot = np.flatnonzero(core.motors.temperature > config.max_temperature - WARM_C)
    return [f"{tables.motors[i]} is warm: {core.motors.temperature[i]:.0f} °C" for i in hot]


def pairs(core: HandCore, config: HandDriverConfig, tables: DeviceTables) -> Iterator[tuple[str, object]]:
    """Everything worth knowing, by name."""
    yield "phase", core.phase.value
    yield "interface", config.interface
    yield "zero torque because", core.holding or "torque follows commands"
    yield "follows the controller", f"{core.ownership.owner:#x}" if core.ownership.owner else "that speaks first"
    yield "commands refused: another controller", core.ownership.refused
    if core.found is not None:
        yield "slave", core.found.name
        yield "serial", core.found.identity.serial
    yield "calibration digest", tables.digest
    for key in ("cycles", "missed answers", "losses"):
        yield key, core.counts[key]
    yield from sorted(core.bus.counts.items())
    for reason, count in sorted(core.parser.refused.items()):
        yield f"status frames refused: {reason}", count
    for reason, count in sorted(core.commands.refused.items()):
        yield f"commands refused: {reason}", count
    if times := list(core.round_trips):
        middle, late = np.percentile(times, [50, 99])
        yield "bus round trip p50 [us]", float(middle * 1e6)
        yield "bus round trip p99 [us]", float(late * 1e6)
    if core.motors.complete:
        for name, temperature, current in zip(tables.motors, core.motors.temperature, core.motors.current):
            yield f"{name} [°C, A]", f"{temperature:.1f}, {current:.3f}"
        yield from zip(AUXILIARY, core.auxiliary.tolist())
