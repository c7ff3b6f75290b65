"""Three cameras together, on fake ones: triggered at once, counted, lost and found, set or refused as a whole."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from fake_camera import FakeBench

from inhand_core.config import ConfigError
from inhand_drivers.basler.config import SIDES, BaslerConfig, CameraSettings
from inhand_drivers.basler.device import Frame
from inhand_drivers.basler.features import CameraError
from inhand_drivers.basler.rig import CameraRig
from inhand_drivers.basler.schedule import Schedule
from inhand_drivers.basler.skew import SkewMeter

CONFIG = BaslerConfig(
    *(CameraSettings(serial=side.upper()) for side in SIDES),
    frame_rate=100.0,
    timeout_s=0.05,
    backoff_s=0.05,
    backoff_max_s=0.2,
)


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20.0
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


class Running:
    """A rig on fake cameras."""

    def __init__(self) -> None:
        self.bench = FakeBench()
        self.frames: dict[str, list[Frame]] = {side: [] for side in SIDES}
        self.log: list[tuple[str, str]] = []
        self.rig = CameraRig(
            CONFIG,
            lambda side, frame: self.frames[side].append(frame),
            lambda level, text: self.log.append((level, text)),
            open_camera=self.bench.open,
        )

    def heard(self, side: str) -> int:
        return len(self.frames[side])


@pytest.fixture
def running() -> Iterator[Running]:
    found = Running()
    found.rig.start()
    yield found
    found.rig.stop()


def test_all_cameras_are_triggered_at_the_same_moments(running: Running) -> None:
    until(lambda: min(map(running.heard, SIDES)) >= 20, "20 frames of each camera")
    stamps = {side: np.array([f.stamp_ns for f in frames[2:18]]) * 1e-9 for side, frames in running.frames.items()}
    phases = {side: np.median((s - stamps["top"][0] + 0.005) % 0.01) for side, s in stamps.items()}
    assert max(phases.values()) - min(phases.values()) < 0.004, phases
    assert running.rig.skew.percentiles_ms() is not None
    assert len([text for _, text in running.log if "host's time" in text]) == 1, "the fallback is said once"


def test_stamps_rise_while_the_clock_stands_still_and_follow_one_that_was_set_back(running: Running) -> None:
    until(lambda: running.heard("top") > 1, "a frame by the right time")
    still = time.time_ns()
    running.bench.now_ns = lambda: still
    until(lambda: running.frames["top"][-1].stamp_ns >= still, "the last of the old stamps")
    seen = running.heard("top")
    until(lambda: running.heard("top") > seen + 5, "frames while time stands still")
    stamps = [frame.stamp_ns for frame in running.frames["top"]]
    assert np.all(np.diff(stamps) > 0) and stamps[-1] < still + 1000
    running.bench.now_ns = lambda: still - 60_000_000_000
    until(lambda: running.frames["top"][-1].stamp_ns < still - 59_000_000_000, "stamps by the new time")


def test_a_camera_that_was_unplugged_comes_back_and_the_others_go_on(running: Running) -> None:
    until(lambda: running.heard("left") > 3, "frames")
    running.bench.away.add("LEFT")
    worker = running.rig.workers["left"]
    until(lambda: len([s for s, _ in running.bench.opened if s == "LEFT"]) >= 5, "attempts to connect")
    assert not worker.counts.connected and "LEFT" in worker.counts.error
    waits = np.diff([t for s, t in running.bench.opened if s == "LEFT"])[1:4]
    assert np.all(waits > [0.095, 0.19, 0.19]), "each wait is twice the one before, up to the longest"
    before = running.heard("top")
    until(lambda: running.heard("top") > before + 5, "the others' frames")
    lost = running.heard("left")
    running.bench.away.clear()
    until(lambda: running.heard("left") > lost + 3, "frames after the return")
    assert worker.counts.reconnects == 1 and worker.counts.connected
    assert len([t for _, t in running.log if "looking for it again" in t and "camera_left" in t]) <= 3, (
        "said, not cried"
    )


def test_damaged_frames_are_counted_and_not_passed_on(running: Running) -> None:
    until(lambda: running.heard("right") > 3, "frames")
    running.bench.damaged.add("RIGHT")
    worker = running.rig.workers["right"]
    until(lambda: worker.counts.failed >= 5, "damaged frames")
    seen = running.heard("right")
    running.bench.damaged.clear()
    until(lambda: running.heard("right") > seen + 3, "frames again")
    assert worker.counts.connected and worker.counts.reconnects == 0
    assert worker.counts.frames == running.heard("right")


def test_a_camera_that_falls_silent_is_connected_anew(running: Running) -> None:
    until(lambda: running.heard("top") > 3, "frames")
    running.bench.silent.add("TOP")
    worker = running.rig.workers["top"]
    until(lambda: worker.counts.reconnects >= 1, "a new connection")
    assert worker.counts.missed >= 5
    running.bench.silent.clear()
    seen = running.heard("top")
    until(lambda: running.heard("top") > seen + 3, "frames again")


def test_a_setting_that_one_camera_refuses_changes_none(running: Running) -> None:
    until(lambda: len(running.bench.settings) == 3, "settings")
    new = dataclasses.replace(
        CONFIG,
        top=dataclasses.replace(CONFIG.top, exposure_us=5000.0),
        right=dataclasses.replace(CONFIG.right, exposure_us=50_000.0),
    )
    with pytest.raises(CameraError, match="camera_right.*ExposureTime"):
        running.rig.apply(new)
    assert running.bench.settings["TOP"].exposure_us == CONFIG.top.exposure_us
    assert running.rig.config == CONFIG
    accepted = dataclasses.replace(new, right=CONFIG.right)
    running.rig.apply(accepted)
    assert running.bench.settings["TOP"].exposure_us == 5000.0


def test_a_setting_made_while_a_camera_is_away_reaches_it_when_it_returns(running: Running) -> None:
    running.bench.away.add("LEFT")
    until(lambda: running.rig.workers["left"].counts.error != "", "the loss")
    running.rig.apply(dataclasses.replace(CONFIG, left=dataclasses.replace(CONFIG.left, gain_db=3.0)))
    running.bench.away.clear()
    until(lambda: running.bench.settings["LEFT"].gain_db == 3.0, "the setting")


def test_missing_cameras_are_all_named_before_the_start() -> None:
    bench = FakeBench(away={"TOP", "RIGHT"})
    rig = CameraRig(CONFIG, lambda *_: None, lambda *_: None, open_camera=bench.open)
    with pytest.raises(ConfigError, match="camera_top.*'TOP'.*camera_right.*'RIGHT'"):
        rig.check()


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"top": CameraSettings(serial="")}, "no serial number given for .'top'"),
        ({"top": CameraSettings(serial="LEFT")}, "two cameras have the same serial"),
        ({"pixel_format": "RGB9"}, "RGB9.*BayerRG8"),
        ({"trigger": "bell"}, "bell.*software"),
        ({"backoff_max_s": 0.01}, "backoff_max_s"),
    ],
)
def test_configurations_that_contradict_themselves_are_refused(changes: dict, culprit: str) -> None:
    with pytest.raises(ConfigError, match=culprit):
        dataclasses.replace(CONFIG, **changes)


def test_the_schedule_gives_every_moment_once() -> None:
    schedule, now = Schedule(50.0), time.monotonic()
    moments = []
    for _ in range(100):
        now = schedule.after(now)
        moments.append(now)
    assert np.allclose(np.diff(moments), 0.02, atol=1e-9)
    schedule.set_rate(10.0)
    assert schedule.after(time.monotonic()) - time.monotonic() <= 0.1


def test_skew_is_the_spread_of_the_stamps_of_one_moment() -> None:
    meter = SkewMeter(SIDES, 0.033)
    assert meter.percentiles_ms() is None
    for frame in range(10):
        at = frame * 33_000_000
        assert meter.add("top", at) is None
        assert meter.add("left", at + 1_000_000) is None
        assert meter.add("right", at + 400_000) == pytest.approx(0.001)
    assert meter.percentiles_ms() == pytest.approx((1.0, 1.0))
    assert meter.add("top", 400_000_000) is None
    assert meter.add("left", 433_000_000) is None
    assert meter.add("right", 433_500_000) is None, "top's frame of this moment is not there yet"
    assert meter.add("top", 433_200_000) == pytest.approx(0.0005)
