"""A third object, by a YAML file alone: turned in the whole graph over DDS and seen by the cameras."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from support.probe import Probe
from support.processes import wait_for

from cv_bridge import CvBridge
from inhand_core.paths import resource_root
from inhand_interfaces.msg import Trial

MAGENTA = [1.0, 0.0, 1.0]


@pytest.fixture
def brick(tmp_path: Path) -> Path:
    """A brick of 56 x 44 x 40 mm, magenta all over."""
    raw = yaml.safe_load((resource_root() / "config/objects/block.yaml").read_text())
    half = [0.028, 0.022, 0.020]
    del raw["inertia"]
    raw |= {"pieces": [{"box": half}], "mass": 0.06}
    for face in raw["faces"]:
        axis = int(np.argmax(np.abs(face["normal"])))
        sides = [size for index, size in enumerate(half) if index != axis]
        face |= {"rgb": MAGENTA, "distance": half[axis], "tile": [0.9 * min(sides)] * 2}
    raw["markers"] = [[float(c * h / 0.025) for c, h in zip(marker, half)] for marker in raw["markers"]]
    path = tmp_path / "brick.yaml"
    path.write_text(yaml.safe_dump(raw))
    return path


def test_it_is_tracked_turned_and_seen(launch, probe, domain, brick) -> None:
    eyes = Probe(domain, {"camera_top/image_raw": "sensor_msgs/msg/Image"})
    try:
        launched = launch("sim.launch.xml", f"object:={brick}", "console:=false")
        wait_for(lambda: len(probe.heard["hand/action"]) > 40, 300.0, "actions")  # start states are simulated first
        wait_for(lambda: len(eyes.heard["camera_top/image_raw"]) > 2, 120.0, "pictures")
        assert "Traceback" not in launched.output, launched.output[-3000:]
        image = CvBridge().imgmsg_to_cv2(eyes.newest("camera_top/image_raw"), "rgb8").astype(int)
    finally:
        eyes.close()
    magenta = (image[..., 0] > 2 * image[..., 1] + 20) & (image[..., 2] > 2 * image[..., 1] + 20)
    assert magenta.sum() > 50, "the brick is not in the picture"
    poses = [message for _, message in probe.heard["object/pose"]]
    assert np.mean([pose.valid for pose in poses]) > 0.9, "its markers fit no pose"
    assert any(message.state == Trial.RUNNING for _, message in probe.heard["trial"])
    actions = np.array([message.action for _, message in probe.heard["policy/action"]])
    assert np.abs(actions).max() > 0.0
