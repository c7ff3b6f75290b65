"""Cameras on pylon's emulation look like the simulated ones: topics, types, QoS, frames, sizes, intrinsics, images."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from support.parity import RATE_TOLERANCE
from support.probe import Probe
from support.processes import wait_for
from support.settings import ROOT, changed_root

from cv_bridge import CvBridge
from inhand_core.config import read_yaml
from inhand_core.paths import config_file
from inhand_data.pixels import rgb_image

LONG, SIDES = 240.0, ("top", "left", "right")
KINDS = {
    "image_raw": "sensor_msgs/msg/Image",
    "image_raw/compressed": "sensor_msgs/msg/CompressedImage",
    "camera_info": "sensor_msgs/msg/CameraInfo",
}
TOPICS = {f"camera_{side}/{end}": kind for side in SIDES for end, kind in KINDS.items()}
HEARD = {f"camera_top/{end}": kind for end, kind in KINDS.items()}
"""One camera's images are enough to listen to: rendering all of them would make a busy machine late."""
RATE_HZ, COUNT = 5.0, 30
"""Of all cameras in this test: a rate that a busy machine renders at; and how many images are looked at."""
RATES = {"cameras_sim": "rate", "basler": "frame_rate"}
"""Where the rates of simulated and of real cameras stand: the key by the file."""


@dataclass
class Seen:
    """The cameras' topics of one run.

    Attributes:
        offers: by topic, (type, reliability, durability) of each publisher.
        heard: messages by topic.
        periods: seconds from each image to the next, by their stamps and by their arrival.
    """

    offers: dict[str, list[tuple[str, ReliabilityPolicy, DurabilityPolicy]]]
    heard: dict[str, list[Any]]
    periods: tuple[np.ndarray, np.ndarray]


def times(images: list[tuple[float, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds from each image to the next, by their stamps and by their arrival."""
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec * 1e-9 for _, m in images]
    return np.diff(stamps), np.diff([wall for wall, _ in images])


def look(domain: int, launch: Any, root: str, *arguments: str) -> Seen:
    """Runs the system, and listens until there are images of one camera with the hand in them."""
    probe = Probe(domain, HEARD)
    launched = launch("sim.launch.xml", "console:=false", "goal_timeout:=80.0", *arguments, **{ROOT: root})
    try:
        raw = "camera_top/image_raw"
        wait_for(lambda: probe.heard[raw], LONG, lambda: launched.output[-4000:])
        wait_for(lambda: rgb_image(probe.newest(raw)).std() > 5.0, LONG, "a picture of the hand, not of nothing")
        for heard in probe.heard.values():
            heard.clear()
        wait_for(lambda: all(len(heard) > COUNT for heard in probe.heard.values()), LONG, "all of the camera's topics")
        offers = {}
        for topic in TOPICS:
            infos = probe.node.get_publishers_info_by_topic(probe.node.resolve_topic_name(topic))
            offers[topic] = [(i.topic_type, i.qos_profile.reliability, i.qos_profile.durability) for i in infos]
        heard = {topic: list(heard)[-COUNT:] for topic, heard in probe.heard.items()}
        return Seen(offers, {topic: [m for _, m in found] for topic, found in heard.items()}, times(heard[raw]))
    finally:
        launched.process.terminate()
        launched.process.wait(60.0)
        probe.close()
        time.sleep(1.0)


@pytest.fixture(scope="module")
def runs(domain: int, launch: Any, folder: Any) -> tuple[Seen, Seen]:
    """The simulated cameras, and emulated ones that see what those would publish."""
    root = changed_root(folder / "root", {name: {key: RATE_HZ} for name, key in RATES.items()})
    return look(domain, launch, root), look(domain, launch, root, "emulate:=cameras")


def test_publishers_offer_the_same(runs: tuple[Seen, Seen]) -> None:
    simulated, emulated = runs
    assert simulated.offers == emulated.offers
    for topic, kind in TOPICS.items():
        assert [offer[0] for offer in emulated.offers[topic]] == [kind], topic


def test_frames_sizes_and_intrinsics_are_the_same(runs: tuple[Seen, Seen]) -> None:
    for topic, fields in (
        ("camera_top/image_raw", ("height", "width", "encoding", "step", "is_bigendian")),
        ("camera_top/image_raw/compressed", ("format",)),
        ("camera_top/camera_info", ("height", "width", "distortion_model")),
    ):
        values = [
            {(m.header.frame_id, *(getattr(m, name) for name in fields)) for m in run.heard[topic]} for run in runs
        ]
        assert values[0] == values[1] and len(values[0]) == 1, topic
    simulated, emulated = (run.heard["camera_top/camera_info"][-1] for run in runs)
    for name in ("k", "d", "r", "p"):
        assert np.allclose(getattr(simulated, name), getattr(emulated, name)), name


def test_images_show_the_same_scene(runs: tuple[Seen, Seen]) -> None:
    """Brightness and contrast of each colour, and the compressed images' too; episodes differ, colours do not."""
    bridge, raw, jpeg = CvBridge(), "camera_top/image_raw", "camera_top/image_raw/compressed"
    figures = []
    for run in runs:
        images = [rgb_image(m) for m in run.heard[raw]]
        decoded = [bridge.compressed_imgmsg_to_cv2(m)[..., ::-1] for m in run.heard[jpeg]]
        figures += [np.concatenate([np.mean(s, (0, 1, 2)), np.std(s, (0, 1, 2))]) for s in (images, decoded)]
    assert np.ptp(figures, axis=0).max() < 12.0, np.round(figures, 1)


def test_stamps_rise(runs: tuple[Seen, Seen]) -> None:
    for run in runs:
        assert np.all(run.periods[0] > 0.0), run.periods[0]


def rate_of(periods: np.ndarray) -> float:
    """Rate [Hz] of a camera of which a busy machine leaves images out: its periods are multiples of the true one."""
    multiples = np.maximum(1.0, np.round(periods * RATE_HZ))
    assert multiples.min() == 1.0, f"no image came when it was due: {periods}"
    return 1.0 / float(np.median(periods / multiples))


def test_rates_are_the_same(runs: tuple[Seen, Seen]) -> None:
    """As configured, and within 5 % as measured.

    A driver keeps its own time: beside a simulator that is slower than real time its rate is right by the wall clock.
    """
    assert len({read_yaml(config_file(name))[key] for name, key in RATES.items()}) == 1
    simulated, emulated = rate_of(runs[0].periods[0]), [rate_of(periods) for periods in runs[1].periods]
    assert simulated == pytest.approx(RATE_HZ, rel=RATE_TOLERANCE)
    assert min(abs(rate - simulated) for rate in emulated) < RATE_TOLERANCE * simulated, (simulated, emulated)
