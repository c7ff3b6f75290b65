"""What calibration reads of a bag: the three streams, in order, whatever else is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bag_maker import BagMaker

from inhand_calibration.recording import Recorder, read_bag
from inhand_core.config import ConfigError
from inhand_description import HALL_CHANNELS, JOINT_INDEX

MILLISECOND = 10**6


def write(folder: Path, times_ms: list[int], ids: tuple[int, ...] = (0, 1, 5), topic: str = "/hand/sensors") -> None:
    """Sensors at these times; markers and actions at every second one."""
    bag = BagMaker(folder)
    for number, time in enumerate(times_ms):
        header = bag.header(time * MILLISECOND)
        values = np.arange(26.0) + number
        sensors = bag.type(
            "inhand_interfaces/msg/HandSensors",
            header=header,
            sequence=number,
            hall=values,
            motor_current=np.zeros(20),
            start=1,
        )
        bag.write(topic, sensors, time * MILLISECOND)
        if number % 2 == 0:
            place = np.arange(float(len(ids)))
            markers = bag.type(
                "inhand_interfaces/msg/Markers",
                header=header,
                sequence=number,
                id=np.array(ids, np.uint32),
                x=place,
                y=place + 10.0,
                z=place + 20.0,
                condition=np.array([1.0] * (len(ids) - 1) + [0.0]),
            )
            bag.write("/mocap/markers", markers, time * MILLISECOND)
            action = bag.type(
                "inhand_interfaces/msg/HandAction",
                header=header,
                sequence=number,
                trial_id=0,
                action=np.full(20, 0.1 * number),
                bins=np.zeros(0, np.uint8),
            )
            bag.write("/hand/action", action, time * MILLISECOND)
    bag.close()


def test_streams_come_in_the_order_of_their_stamps(tmp_path: Path) -> None:
    write(tmp_path / "bag", [0, 5, 15, 10, 20])
    recording = read_bag(tmp_path / "bag")
    np.testing.assert_allclose(recording.sensor_time, [0.0, 0.005, 0.010, 0.015, 0.020])
    assert recording.hall[:, 0].tolist() == [0.0, 1.0, 3.0, 2.0, 4.0]
    assert recording.marker_ids.tolist() == [0, 1, 5]
    np.testing.assert_array_equal(recording.position[0, 1], [1.0, 11.0, 21.0])
    assert recording.condition[0].tolist() == [1.0, 1.0, 0.0]
    np.testing.assert_allclose(recording.action[:, 7], [0.0, 0.2, 0.4])
    assert recording.duration_s == pytest.approx(0.020)


def test_doubled_sensors_are_averaged(tmp_path: Path) -> None:
    write(tmp_path / "bag", [0, 5])
    raw = read_bag(tmp_path / "bag").raw()
    assert raw.shape == (2, 24)
    first = HALL_CHANNELS.index("rh_WRJ1_A")
    assert raw[0, JOINT_INDEX["rh_WRJ1"]] == first + 0.5
    assert raw[0, JOINT_INDEX["rh_FFJ4"]] == HALL_CHANNELS.index("rh_FFJ4")


def test_what_lacks_is_named(tmp_path: Path) -> None:
    write(tmp_path / "bag", [0, 5], topic="/other/values")
    with pytest.raises(ConfigError, match=r"bag: nothing recorded on \['/hand/sensors'\]"):
        read_bag(tmp_path / "bag")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="empty"):
        read_bag(tmp_path / "empty")


def test_markers_that_change_on_the_way_are_refused() -> None:
    class Frame:
        x = y = z = condition = np.zeros(2)
        id = (0, 1)

    class Other(Frame):
        id = (0, 2)

    recorder = Recorder()
    recorder.add_message("mocap/markers", 0.0, Frame())
    with pytest.raises(ConfigError, match=r"markers \[0, 2\] after \[0, 1\]"):
        recorder.add_message("mocap/markers", 0.1, Other())
