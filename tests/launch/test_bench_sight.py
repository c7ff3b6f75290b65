"""What the bench of sight counts: latencies from the snapshot of a pose's stamp, valid poses, images, and no start."""

from __future__ import annotations

import pytest
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CameraInfo

from inhand_bench.vision.sightings import INFOS, POSE, SETTLE_S, STATE, Sightings
from inhand_interfaces.msg import ObjectPose, SimState
from inhand_ros import to_stamp
from inhand_ros.raw import RawMessage

MS, START = 1_000_000, 10**18


def heard(topic: str, message: object, stamp_ns: int, wall_ns: int) -> RawMessage:
    message.header.stamp = to_stamp(stamp_ns)
    return RawMessage(topic, serialize_message(message), START + wall_ns, START + wall_ns)


def test_latencies_are_counted_from_the_snapshot_that_a_pose_shows() -> None:
    found = Sightings()
    begin = round(SETTLE_S * 1000)
    found.add(heard(STATE, SimState(), 1 * MS, 0))
    found.add(heard(POSE, ObjectPose(valid=True), 1 * MS, 900 * MS))  # too early to count
    for number, (delay, valid) in enumerate(((40, True), (60, True), (300, False))):
        stamp, wall = (100 + number) * MS, (begin + 1000 * number) * MS
        found.add(heard(STATE, SimState(), stamp, wall))
        found.add(heard(INFOS[0], CameraInfo(), stamp, wall + 20 * MS))
        found.add(heard(POSE, ObjectPose(valid=valid), stamp, wall + delay * MS))
    found.add(heard(POSE, ObjectPose(valid=True), 999 * MS, (begin + 2500) * MS))  # of an instant that nobody told
    assert found.latency_ms == pytest.approx([40.0, 60.0])
    assert found.shown_ms == pytest.approx([20.0, 20.0]) and "sent: 20.0 ms" in found.text()
    assert found.valid == [True, True, False]
    assert "p50 50.0 ms" in found.text() and "valid 66.7 %" in found.text()
    assert found.images == {INFOS[0]: 3, INFOS[1]: 0, INFOS[2]: 0}
    assert "no valid pose" in Sightings().text()
