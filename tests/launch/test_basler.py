"""The driver of the Basler cameras over DDS, on pylon's own emulated cameras in another process."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger
from support.probe import Probe, in_a_trial
from support.processes import Processes, executable, wait_for
from support.settings import ROOT, changed_root

from cv_bridge import CvBridge
from inhand_core.paths import resource_root
from inhand_data.pixels import rgb_image
from inhand_description import CAMERAS
from inhand_description.cameras import nominal_info
from inhand_interfaces.msg import Trial
from inhand_ros.images import image_message

SIDES = ("top", "left", "right")
LONG = 60.0
NOMINAL = resource_root() / "config/cameras/nominal"
DIAGNOSTICS = {"diagnostics": "diagnostic_msgs/msg/DiagnosticArray"}
SLOW = {"cameras_sim": {"rate": 5.0}, "basler": {"frame_rate": 5.0}}
"""Settings at which a busy machine renders for all cameras and drives the hand, too."""
RAW = {f"camera_{side}/image_raw": "sensor_msgs/msg/Image" for side in SIDES}


def scenes(seed: int, count: int) -> list[np.ndarray]:
    """Images in which every row, column and colour differs."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (480, 640, 3), np.uint8) for _ in range(count)]


def start_driver(processes: Processes, **parameters: Any) -> subprocess.Popen:
    """The driver as a process of its own, with three emulated cameras."""
    words = [word for name, value in parameters.items() for word in ("-p", f"{name}:={value}")]
    command = [executable("inhand_drivers/basler_driver"), "--ros-args", *words]
    return processes.start("basler_driver", command, PYLON_CAMEMU="3")


@pytest.fixture
def listen(domain: int) -> Iterator[Any]:
    """Makes probes, and closes them."""
    probes: list[Probe] = []

    def make(topics: dict[str, str]) -> Probe:
        probes.append(Probe(domain, topics))
        return probes[-1]

    yield make
    for probe in probes:
        probe.close()


@pytest.fixture
def emulated(processes: Processes, listen: Any) -> Probe:
    """The driver on cameras that see topics of this test's own; a probe that hears images and diagnostics."""
    processes.start("emulate_cameras", [executable("inhand_drivers/emulate_cameras")])
    start_driver(processes, emulation_folder="auto", calibration=NOMINAL, backoff_s=0.1, timeout_s=0.3)
    probe = listen({**RAW, **DIAGNOSTICS})
    wait_for(lambda: all(map(probe.newest, RAW)), LONG, processes.logs)
    return probe


def status(probe: Probe) -> DiagnosticStatus | None:
    """The driver's newest status."""
    found = [s for _, m in list(probe.heard["diagnostics"]) for s in m.status if s.hardware_id == "cameras"]
    return found[-1] if found else None


def value(probe: Probe, key: str) -> str:
    """A value of the newest status; "" before the first."""
    newest = status(probe)
    return next((v.value for v in newest.values if v.key == key), "") if newest is not None else ""


def test_files_arrive_byte_for_byte(processes: Processes, listen: Any, tmp_path: Path) -> None:
    """pylon's image-file mode shows PNGs in turn; the subscriber gets exactly their pixels, in that order."""
    pictures = {side: scenes(seed, 4) for seed, side in enumerate(SIDES)}
    for side, images in pictures.items():
        (tmp_path / f"camera_{side}").mkdir()
        for i, image in enumerate(images):
            cv2.imwrite(str(tmp_path / f"camera_{side}" / f"{i}.png"), image[..., ::-1])
    infos = {f"camera_{side}/camera_info": "sensor_msgs/msg/CameraInfo" for side in SIDES}
    probe = listen({**RAW, **infos})
    start_driver(processes, emulation_folder=tmp_path, calibration=NOMINAL)
    for side, row in zip(SIDES, CAMERAS, strict=True):
        topic = f"camera_{side}/image_raw"
        wait_for(lambda topic=topic: len(probe.heard[topic]) >= 20, LONG, processes.logs)
        messages = [message for _, message in probe.heard[topic][:20]]
        arrays = [rgb_image(message) for message in messages]
        order = [[i for i, known in enumerate(pictures[side]) if np.array_equal(known, a)] for a in arrays]
        assert all(len(found) == 1 for found in order), order
        assert {found[0] for found in order} == {0, 1, 2, 3}
        stamps = np.array([m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in messages])
        assert np.all(np.diff(stamps) > 0) and abs(stamps[-1] - time.time()) < 60.0
        for message in messages:
            assert (message.width, message.height, message.encoding) == (640, 480, "rgb8")
            assert message.header.frame_id == f"camera_{side}_optical_frame"
        info: CameraInfo = probe.newest(f"camera_{side}/camera_info")
        assert np.allclose(info.k, nominal_info(row).k) and info.header.frame_id == f"camera_{side}_optical_frame"


def test_live_images_pass_through_the_emulated_cameras(emulated: Probe) -> None:
    for side, image in zip(SIDES, scenes(7, 3), strict=True):
        shown = emulated.node.create_publisher(Image, f"sim/camera_{side}/image_raw", 1)

        def arrived(side: str = side, image: np.ndarray = image, shown: Any = shown) -> bool:
            shown.publish(image_message(image, Header()))
            return np.array_equal(rgb_image(emulated.newest(f"camera_{side}/image_raw")), image)

        wait_for(arrived, LONG, f"camera_{side}'s image as it was sent")


def test_damaged_frames_are_counted_and_an_unplugged_camera_comes_back(emulated: Probe, processes: Processes) -> None:
    assert emulated.call(Trigger, "sim/camera_left/fail").success
    wait_for(lambda: value(emulated, "camera_left failed") == "10", LONG, lambda: f"10 failures {status(emulated)}")
    assert emulated.call(SetBool, "sim/camera_right/unplug", data=True).success
    wait_for(lambda: status(emulated).level == DiagnosticStatus.ERROR, LONG, "the error")
    assert "camera_right" in status(emulated).message
    gone = time.monotonic()
    wait_for(lambda: len(emulated.since("camera_top/image_raw", gone)) > 10, LONG, "the other cameras")
    time.sleep(0.5)
    assert not emulated.since("camera_right/image_raw", gone + 0.3)
    assert emulated.call(SetBool, "sim/camera_right/unplug", data=False).success
    back = time.monotonic()
    wait_for(lambda: len(emulated.since("camera_right/image_raw", back)) > 10, LONG, processes.logs)
    wait_for(lambda: status(emulated).level != DiagnosticStatus.ERROR, LONG, lambda: f"no error {status(emulated)}")
    assert value(emulated, "camera_right reconnects") == "1"
    assert "process has died" not in processes.logs() and processes.running["basler_driver"].poll() is None


def test_parameters_change_while_the_cameras_run_or_are_refused_with_a_reason(emulated: Probe) -> None:
    def change(name: str, new: Any) -> Any:
        request = [Parameter(name, value=new).to_parameter_msg()]
        return emulated.call(SetParameters, "basler_driver/set_parameters", parameters=request).results[0]

    names = ["top.exposure_us", "left.gain_db", "frame_rate", "right.width", "top.serial"]
    found = emulated.call(DescribeParameters, "basler_driver/describe_parameters", names=names).descriptors
    assert [d.read_only for d in found] == [False] * 4 + [True]
    assert all(d.description for d in found)
    assert all(len(d.floating_point_range) + len(d.integer_range) == 1 for d in found[:4])
    assert change("top.exposure_us", 4000.0).successful
    assert not change("top.exposure_us", 5.0).successful
    refused = change("right.width", 5000)
    assert not refused.successful and "camera_right" in refused.reason and "1 … 4096 px" in refused.reason
    assert not change("top.serial", "1").successful
    assert change("left.width", 320).successful and change("left.offset_x", 100).successful
    image = "camera_left/image_raw"
    wait_for(lambda: emulated.newest(image).width == 320, LONG, "smaller images")
    assert change("frame_rate", 10.0).successful
    since = time.monotonic()
    wait_for(lambda: len(emulated.since(image, since)) > 20, LONG, "images")
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for m in emulated.since(image, since)[5:]]
    assert np.median(np.diff(stamps)) == pytest.approx(0.1, rel=0.2)


def test_nothing_is_published_for_nobody_and_jpeg_for_who_asks(
    processes: Processes, listen: Any, tmp_path: Path
) -> None:
    picture = cv2.GaussianBlur(scenes(3, 1)[0], (0, 0), 8.0)
    for side in SIDES:
        (tmp_path / f"camera_{side}").mkdir()
        cv2.imwrite(str(tmp_path / f"camera_{side}" / "picture.png"), picture[..., ::-1])
    probe = listen(DIAGNOSTICS)
    start_driver(processes, emulation_folder=tmp_path)
    wait_for(lambda: int(value(probe, "camera_top frames") or 0) > 30, LONG, processes.logs)
    assert value(probe, "camera_top published") == "0", "frames are grabbed, but nobody listens"
    topic = "camera_top/image_raw/compressed"
    jpeg = listen({topic: "sensor_msgs/msg/CompressedImage", "camera_top/camera_info": "sensor_msgs/msg/CameraInfo"})
    message = wait_for(lambda: jpeg.newest(topic), LONG, processes.logs)
    assert message.format == "rgb8; jpeg compressed bgr8" and len(message.data) < picture.size / 10
    decoded = CvBridge().compressed_imgmsg_to_cv2(message)[..., ::-1]
    assert np.abs(decoded.astype(int) - picture).mean() < 2.0
    info = wait_for(lambda: jpeg.newest("camera_top/camera_info"), LONG, "camera_info")
    assert info.k[0] == 0.0, "no calibration file, not calibrated"
    assert "not calibrated" in processes.log("basler_driver")
    wait_for(lambda: int(value(probe, "camera_top published")) > 0, LONG, "counts")
    assert value(probe, "camera_left published") == "0"


def test_the_lifecycle_starts_and_stops_the_cameras(emulated: Probe) -> None:
    def go(transition: int) -> bool:
        request = Transition(id=transition)
        return emulated.call(ChangeState, "basler_driver/change_state", transition=request).success

    assert emulated.call(GetState, "basler_driver/get_state").current_state.id == State.PRIMARY_STATE_ACTIVE
    assert go(Transition.TRANSITION_DEACTIVATE)
    stopped = time.monotonic()
    time.sleep(1.0)
    assert not emulated.since("camera_top/image_raw", stopped + 0.3)
    assert go(Transition.TRANSITION_CLEANUP) and go(Transition.TRANSITION_CONFIGURE)
    assert go(Transition.TRANSITION_ACTIVATE)
    again = time.monotonic()
    wait_for(lambda: emulated.since("camera_top/image_raw", again), LONG, "images")


@pytest.mark.parametrize(
    ("parameters", "culprit"),
    [
        (
            {"left.serial": "'24671234'"},
            "camera_left: no camera with serial number '24671234'; .*'0815-0000'",
        ),
        ({"top.exposure_us": 0.5}, "top.exposure_us"),
        ({"trigger": "bell"}, "'bell' is not one of .'software', 'line', 'none'"),
        ({"calibration": NOMINAL, "top.width": 600}, "640 x 480, not of camera_top, 600 x 480"),
    ],
)
def test_what_cannot_work_ends_at_the_start_with_a_reason(
    processes: Processes, parameters: dict[str, Any], culprit: str
) -> None:
    driver = start_driver(processes, **parameters)
    assert driver.wait(LONG) not in (0, None)
    log = processes.log("basler_driver")
    assert re.search(culprit, log), log


def endings(probe: Probe, wall: float) -> list[int]:
    """How trials have ended since a time."""
    return [m.reason for m in probe.since("trial", wall) if m.state == Trial.ENDED]


def test_a_camera_pulled_in_mid_run_holds_the_hand_and_marks_the_trial(
    launch: Any, probe: Probe, listen: Any, tmp_path: Path
) -> None:
    """Of the whole system. The policy does not look through the cameras here; what they record belongs to the trial."""
    root = changed_root(tmp_path / "root", SLOW)
    launched = launch("sim.launch.xml", "console:=false", "goal_timeout:=80.0", "emulate:=cameras", **{ROOT: root})
    wait_for(lambda: in_a_trial(probe), 240.0, lambda: f"a running trial\n{launched.output[-4000:]}")
    images, pids = listen(RAW), [launched.pid(name) for name in ("basler_driver", "goal_node", "rt_node")]
    wait_for(lambda: all(map(images.newest, RAW)), LONG, "images of all cameras")
    marks = []
    while Trial.REASON_INTERRUPTED not in marks:  # where the machine is slow the object may drop first
        assert len(marks) < 6, f"how trials ended: {marks}"
        marks += pulled_and_returned(probe, images)
    assert pids == [launched.pid(name) for name in ("basler_driver", "goal_node", "rt_node")]


def pulled_and_returned(probe: Probe, images: Probe) -> list[int]:
    """Takes a camera away in a running trial and brings it back; returns how that trial ended."""
    wait_for(lambda: in_a_trial(probe), LONG, "a running trial")
    trial, wall = probe.newest("trial").trial_id, time.monotonic()
    assert probe.call(SetBool, "sim/camera_left/unplug", data=True).success
    wait_for(lambda: value(probe, "camera_left connected") == "False", LONG, "the driver's word that it is gone")
    ended = wait_for(lambda: endings(probe, wall), LONG, "the trial's end")
    time.sleep(1.0)
    held = time.monotonic()
    wait_for(lambda: len(probe.since("policy/action", held)) > 12, LONG, "the policy's word")
    assert not any(any(m.action) for m in probe.since("policy/action", held)), "the policy asks for no motion"
    assert np.abs([m.action for m in probe.since("hand/action", held)]).max() < 0.01, "nor does the smoother"
    assert {m.trial_id for m in probe.since("trial", held)} <= {trial}, "no other trial while a camera is away"
    assert not images.since("camera_left/image_raw", held), "an image of a camera that is not there"
    wait_for(lambda: len(images.since("camera_top/image_raw", held)) > 3, LONG, "the others' images")
    assert probe.call(SetBool, "sim/camera_left/unplug", data=False).success
    back = time.monotonic()
    wait_for(lambda: len(images.since("camera_left/image_raw", back)) > 3, LONG, "images of the camera that is back")
    wait_for(lambda: in_a_trial(probe) and probe.newest("trial").trial_id > trial, LONG, "the next trial")
    return ended[-1:]
