"""The driver's core on pylon's own emulated cameras: pictures byte for byte, refusals, removal, damaged frames."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from inhand_core.config import ConfigError
from inhand_description.cameras import info_yaml, nominal_info
from inhand_description.scene import CAMERAS
from inhand_drivers.basler.config import SIDES, BaslerConfig, CameraSettings


@pytest.fixture(autouse=True, scope="module")
def emulation() -> Iterator[None]:
    """pylon reads this when it starts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYLON_CAMEMU", "3")
        yield


def config(folder: Path | None = None) -> BaslerConfig:
    cameras = (CameraSettings(serial=f"0815-000{i}", width=320, height=200) for i in range(3))
    return BaslerConfig(*cameras, frame_rate=60.0, backoff_s=0.05, emulation_folder=str(folder or ""))


@pytest.fixture
def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (200, 320, 3), np.uint8) for _ in range(5)]


class Grabbed:
    """A rig on emulated cameras, and all that it grabbed."""

    def __init__(self, folder: Path) -> None:
        from inhand_drivers.basler.rig import CameraRig

        self.frames: dict[str, list[np.ndarray]] = {side: [] for side in SIDES}
        self.log: list[str] = []
        self.rig = CameraRig(config(folder), self._take, lambda _, text: self.log.append(text))
        self.rig.start()

    def _take(self, side: str, frame) -> None:
        self.frames[side].append(frame.pixels().copy())

    def wait(self, side: str, more: int) -> list[np.ndarray]:
        """The next frames of a camera."""
        start, end = len(self.frames[side]), time.monotonic() + 30.0
        while len(self.frames[side]) < start + more:
            assert time.monotonic() < end, (self.log, self.rig.workers[side].counts)
            time.sleep(0.01)
        return self.frames[side][start:]


@pytest.fixture
def scene(tmp_path: Path, pictures: list[np.ndarray]) -> Iterator[tuple[Grabbed, dict]]:
    from inhand_drivers.basler.emulation import PictureFolder

    folders = {side: PictureFolder(tmp_path / f"camera_{side}") for side in SIDES}
    for folder in folders.values():
        folder.write(pictures[0])
    grabbed = Grabbed(tmp_path)
    yield grabbed, folders
    grabbed.rig.stop()


def test_every_frame_is_a_picture_byte_for_byte(scene, pictures: list[np.ndarray]) -> None:
    grabbed, folders = scene
    for picture in pictures:
        folders["left"].write(picture)
        frames = grabbed.wait("left", 6)
        which = [[i for i, known in enumerate(pictures) if np.array_equal(known, frame)] for frame in frames]
        assert all(len(match) == 1 for match in which), "a frame that nobody wrote"
        assert np.array_equal(frames[-1], picture)
    assert all(np.array_equal(frame, pictures[0]) for frame in grabbed.wait("top", 3))


def test_damaged_frames_and_removal_are_survived(scene, pictures: list[np.ndarray]) -> None:
    grabbed, folders = scene
    counts = grabbed.rig.workers["right"].counts
    grabbed.wait("right", 3)
    folders["right"].fail(7)
    end = time.monotonic() + 30.0
    while counts.failed < 7:
        assert time.monotonic() < end, counts
        time.sleep(0.01)
    grabbed.wait("right", 3)
    assert counts.failed == 7 and counts.reconnects == 0
    folders["right"].unplug(True)
    while counts.connected:
        time.sleep(0.01)
    grabbed.wait("top", 5)
    assert (not counts.connected and "unplugged" in counts.error) or "removed" in counts.error
    folders["right"].unplug(False)
    folders["right"].write(pictures[3])
    assert np.array_equal(grabbed.wait("right", 5)[-1], pictures[3])
    assert counts.reconnects == 1


def test_a_folder_without_newest_is_shown_in_turn(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    import cv2

    for side in SIDES:
        (tmp_path / f"camera_{side}").mkdir()
        for i, picture in enumerate(pictures):
            cv2.imwrite(str(tmp_path / f"camera_{side}" / f"{i}.png"), picture[..., ::-1])
    grabbed = Grabbed(tmp_path)
    frames = grabbed.wait("top", 10)[:10]
    grabbed.rig.stop()
    order = [next(i for i, known in enumerate(pictures) if np.array_equal(known, frame)) for frame in frames]
    assert np.all(np.diff(order) % len(pictures) == 1)


def test_the_camera_names_what_it_refuses_and_what_it_would_take(scene) -> None:
    from inhand_drivers.basler.features import CameraError

    grabbed, _ = scene
    grabbed.wait("left", 2)
    for name, value, answer in (
        ("exposure_us", 9e7, "ExposureTime .* µs of this camera"),
        ("gain_db", 49.0, "Gain 49 dB is outside 0 … 48 dB"),
        ("width", 5000, "Width 5000 px is outside 1 … 4096 px"),
    ):
        left = dataclasses.replace(grabbed.rig.config.left, **{name: value})
        with pytest.raises(CameraError, match=answer):
            grabbed.rig.apply(dataclasses.replace(grabbed.rig.config, left=left))
    grabbed.wait("left", 2)
    left = dataclasses.replace(grabbed.rig.config.left, width=160, height=100, offset_x=16, exposure_us=300.0)
    grabbed.rig.apply(dataclasses.replace(grabbed.rig.config, left=left))
    assert grabbed.wait("left", 2)[-1].shape == (100, 160, 3)


def test_raw_colours_are_converted_to_rgb() -> None:
    """pylon's second test image in a Bayer format: what comes out has three channels, and colours."""
    from inhand_drivers.basler.device import PylonCamera

    bayer = dataclasses.replace(config(), pixel_format="BayerRG8")
    camera = PylonCamera("0815-0001")
    camera.configure(bayer, bayer.left)
    camera.start()
    camera.wait_ready(1.0)
    camera.trigger()
    shapes: list = []
    assert camera.grab(2.0, lambda frame: shapes.append((frame.pixels().shape, frame.pixels().dtype)))
    camera.stop()
    camera.close()
    assert shapes == [((200, 320, 3), np.uint8)]


def test_with_a_hardware_line_the_camera_waits_for_its_signal_and_silence_is_no_fault(tmp_path: Path) -> None:
    from inhand_drivers.basler.rig import CameraRig

    by_line = dataclasses.replace(config(), trigger="line", line="Line2", timeout_s=0.05)
    frames: list = []
    rig = CameraRig(by_line, lambda *frame: frames.append(frame), lambda *_: None)
    rig.start()
    time.sleep(1.0)
    workers = list(rig.workers.values())
    told = {n: {w._camera.nodes.GetNode(n).ToString() for w in workers} for n in ("TriggerMode", "TriggerSource")}
    counts = [(w.counts.connected, w.counts.missed, w.counts.reconnects, w.counts.error) for w in workers]
    rig.stop()
    assert told == {"TriggerMode": {"On"}, "TriggerSource": {"Line2"}}
    assert counts == [(True, 0, 0, "")] * 3 and not frames
    with pytest.raises(ConfigError, match=r"TriggerSource 'Line9' is not one of .*'Line1'"):
        CameraRig(dataclasses.replace(by_line, line="Line9"), lambda *_: None, lambda *_: None).check()


def test_a_camera_that_is_not_there_is_named_with_those_that_are() -> None:
    from inhand_drivers.basler.rig import CameraRig

    missing = dataclasses.replace(config(), top=CameraSettings(serial="24671234"))
    with pytest.raises(
        ConfigError, match="camera_top: no camera with serial number '24671234'; connected: .*0815-0000"
    ):
        CameraRig(missing, lambda *_: None, lambda *_: None).check()


def test_a_calibration_of_another_size_is_refused(tmp_path: Path) -> None:
    from inhand_drivers.basler.calibration import camera_info

    info = nominal_info(CAMERAS[0])
    assert not camera_info(tmp_path, "top", CameraSettings(serial="1")).calibrated
    (tmp_path / "camera_top.yaml").write_text(info_yaml(info))
    assert camera_info(tmp_path, "top", CameraSettings(serial="1")) == info
    with pytest.raises(ConfigError, match="640 x 480, not of camera_top, 320 x 480"):
        camera_info(tmp_path, "top", CameraSettings(serial="1", width=320))
