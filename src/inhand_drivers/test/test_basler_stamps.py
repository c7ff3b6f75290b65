"""Stamps from a camera's own clock, which runs from zero and too fast; and without one."""

from __future__ import annotations

import numpy as np
import pytest

from inhand_drivers.basler.stamps import Stamper

DRIFT, BOOT_NS = 80e-6, 1_795_000_000_000_000_000


class Value:
    """A feature with a value."""

    def __init__(self, get) -> None:
        self._get = get

    def GetValue(self):
        return self._get()


class Nodes:
    """A camera with a clock, and with a latch or without; names it does not know are not there."""

    def __init__(self, world: World, latch: bool) -> None:
        self._world, self._latch, self._latched = world, latch, 0

    def GetNode(self, name: str):
        if self._latch and name == "TimestampLatch":
            return self
        return Value(lambda: self._latched) if self._latch and name == "TimestampLatchValue" else None

    def Execute(self) -> None:
        self._latched = self._world.device_ns(self._world.now_ns)
        self._world.now_ns += 40_000  # the call takes its time


class World:
    """The host's clock, and a camera's that was started at BOOT_NS."""

    def __init__(self) -> None:
        self.now_ns = BOOT_NS

    def device_ns(self, host_ns: int) -> int:
        return round((host_ns - BOOT_NS) * (1.0 + DRIFT)) + 5_000_000


class Result:
    """A frame with the camera's time stamp, and where `chunk` is given, with that in its chunk data."""

    def __init__(self, ticks: int, chunk: int = 0) -> None:
        self._ticks, self._chunk = ticks, chunk
        self.ChunkTimestamp = Value(lambda: chunk)

    def IsChunkDataAvailable(self) -> bool:
        return bool(self._chunk)

    def GetTimeStamp(self) -> int:
        return self._ticks


@pytest.mark.parametrize(("latch", "late"), [(True, 0.0), (False, 0.004)])
def test_the_cameras_clock_gives_the_time_of_the_exposure(latch: bool, late: float, monkeypatch) -> None:
    """With a latch to 0.2 ms; by arrival, late by the smallest delay of a frame's transfer."""
    monkeypatch.setattr("inhand_drivers.basler.features.genicam.IsImplemented", lambda node: True)
    world, rng = World(), np.random.default_rng(0)
    stamper = Stamper(Nodes(world, latch), lambda: world.now_ns)
    errors = []
    for frame in range(900):
        exposure = BOOT_NS + round(frame / 30 * 1e9)
        arrival = exposure + round((0.004 + rng.exponential(0.004)) * 1e9)
        world.now_ns = arrival
        stamp = stamper.stamp(Result(world.device_ns(exposure)), arrival, arrival)
        errors.append((stamp - exposure) * 1e-9 - late)
    assert stamper.source == "device"
    assert np.abs(errors[300:]).max() < 0.0005, "the arrival times scatter by several milliseconds"


class ChunkNodes:
    """A camera that can be told to send chunk data; `told` is what it was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def GetNode(self, name: str):
        return ChunkNode(self.told, name) if name.startswith("Chunk") else None


class ChunkNode:
    """One feature of such a camera."""

    def __init__(self, told: list, name: str) -> None:
        self._told, self._name = told, name

    def GetSymbolics(self) -> tuple[str, ...]:
        return ("Gain", "Timestamp")

    def SetValue(self, value: object) -> None:
        self._told.append((self._name, value))

    FromString = SetValue


def test_time_comes_with_the_frames_chunk_data_where_the_camera_has_them(monkeypatch) -> None:
    monkeypatch.setattr("inhand_drivers.basler.features.genicam.IsImplemented", lambda node: True)
    monkeypatch.setattr("inhand_drivers.basler.stamps.genicam.IsReadable", lambda node: True)
    nodes = ChunkNodes()
    stamper = Stamper(nodes, lambda: BOOT_NS)
    stamper.prepare()
    assert nodes.told == [("ChunkModeActive", True), ("ChunkSelector", "Timestamp"), ("ChunkEnable", True)]
    assert stamper.stamp(Result(7_000_000_000, chunk=5_000_000_000), 1, BOOT_NS) == pytest.approx(BOOT_NS, abs=1000)
    later = stamper.stamp(Result(9_999_000_000, chunk=5_040_000_000), 1, BOOT_NS + 50_000_000)
    assert later == pytest.approx(BOOT_NS + 40_000_000, abs=1000), "40 ms later by the chunk's time"
    assert stamper.source == "device"


def test_without_a_clock_the_hosts_time_is_taken(monkeypatch) -> None:
    world = World()
    stamper = Stamper(Nodes(world, False), lambda: world.now_ns)
    assert stamper.stamp(Result(0), 123, 456) == 123
    assert stamper.source == "host"
