"""The closed loop with no simulated device left: emulated motion capture, cameras and hand, each behind its driver."""

from __future__ import annotations

import socket
import time

import numpy as np
import pytest
from support.listener import Listener
from support.processes import wait_for

from inhand_core.graph import load_graph
from inhand_drivers.hand.wire import missing_capability
from inhand_interfaces.msg import ControllerStatus

LONG, SECONDS = 240.0, 10.0
TOPICS = {
    **{name: topic.message for name, topic in load_graph("realtime").topics.items()},
    **{f"camera_{side}/image_raw": "sensor_msgs/msg/Image" for side in ("top", "left", "right")},
    "controller/status": "inhand_interfaces/msg/ControllerStatus",
    "diagnostics": "diagnostic_msgs/msg/DiagnosticArray",
}
DRIVERS = {"mocap/markers": "phasespace", "hand/sensors": "hand_driver"}
MISSING = missing_capability()


@pytest.mark.skipif(MISSING is not None, reason=f"no emulated EtherCAT here: {MISSING}")
def test_the_policy_closes_the_loop_through_all_three_drivers_at_once(launch, domain: int) -> None:
    pytest.importorskip("pypylon")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    arguments = ["emulate:=phasespace,cameras,hand", f"phasespace_server:={address}", f"hand_interface:=ec{domain}"]
    listener = Listener(domain, TOPICS, ("goal", "trial"))
    launched = launch("sim.launch.xml", "console:=false", "goal_timeout:=80.0", *arguments)
    ended = launched.process.poll

    def running() -> bool:
        return any(m.mode == ControllerStatus.RUNNING for m in listener.messages("controller/status")[-5:])

    try:
        wait_for(lambda: running() or ended() is not None, LONG, lambda: launched.output[-4000:])
        assert ended() is None, launched.output[-4000:]
        pictures = [name for name in TOPICS if name.startswith("camera")]
        wait_for(lambda: all(listener.raw(name) for name in pictures), LONG, lambda: launched.output[-4000:])
        listener.clear()
        time.sleep(SECONDS)
        for topic in (
            "mocap/markers",
            "hand/sensors",
            "hand/motor_commands",
            "policy/action",
            "hand/action",
            *pictures,
        ):
            assert len(listener.raw(topic)) > 1, topic
        for topic, node in DRIVERS.items():
            publishers = listener.node.get_publishers_info_by_topic(f"/{topic}")
            assert [p.node_name for p in publishers] == [node], f"{topic} comes from its driver alone"
        torque = np.array([m.torque for m in listener.messages("hand/motor_commands")])
        position = np.array([m.position for m in listener.messages("joint_states")])
        assert np.isfinite(torque).all() and np.abs(torque).max() > 0.0 and np.ptp(position, axis=0).max() > 0.05
        assert not any(m.refused_nan or m.refused_size for m in listener.messages("controller/status"))
    finally:
        listener.close()
