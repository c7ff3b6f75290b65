"""The controller is a whole ROS node: its log, parameters, events, types and time are where tools look for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rcl_interfaces.msg import ParameterType
from rcl_interfaces.srv import GetParameters
from rclpy.qos import DurabilityPolicy, QoSProfile
from support.probe import Probe
from support.processes import Processes, executable, wait_for
from type_description_interfaces.srv import GetTypeDescription

from inhand_core.paths import resource_root
from inhand_ros.messages import message_class

LONG = 60.0
SHARED = """
/**:
  ros__parameters:
    control: {torque_slew: 90, hall_margin: 0.2}
    another_nodes: [true, false]
    qos_overrides: {/hand/action: {subscription: {depth: 5}}}
"""


@pytest.fixture(scope="module")
def probe(domain: int) -> Iterator[Probe]:
    """Hears the status, and what the node says of its parameters."""
    topics = {
        "controller/status": "inhand_interfaces/msg/ControllerStatus",
        "parameter_events": "rcl_interfaces/msg/ParameterEvent",
    }
    listener = Probe(domain, topics, (), ("controller/status", "parameter_events"))
    listener.heard["rosout"] = []
    latched = QoSProfile(depth=1000, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    kind = message_class("rcl_interfaces/msg/Log")
    listener.node.create_subscription(kind, "/rosout", lambda m: listener.heard["rosout"].append((0.0, m)), latched)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def controller(probe: Probe, domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The node without any sensors, with a file for several nodes among its parameters."""
    folder = tmp_path_factory.mktemp("controller")
    (folder / "all.yaml").write_text(SHARED)
    config: Path = resource_root() / "config"
    files = [
        word
        for name in (config / "hand.yaml", config / "controller.yaml", folder / "all.yaml")
        for word in ("--params-file", str(name))
    ]
    group = Processes(folder, domain)
    group.start(
        "rt_node", [executable("inhand_control/rt_node"), "--ros-args", *files, "-p", "control.max_joint_speed:=29"]
    )
    wait_for(lambda: probe.newest("controller/status"), LONG, group.logs)
    yield group
    group.close()


def test_its_log_is_on_rosout(controller: Any, probe: Probe) -> None:
    said = wait_for(lambda: [m for _, m in probe.heard["rosout"] if m.name == "controller"], LONG, "a line")
    assert "disabled until controller/enable is called" in said[0].msg


def test_the_status_has_the_time_without_any_sensors(controller: Any, probe: Probe) -> None:
    stamp = probe.newest("controller/status").header.stamp
    assert abs(stamp.sec - time.time()) < LONG


def test_use_sim_time_is_a_parameter_and_whole_numbers_are_floats(controller: Any, probe: Probe) -> None:
    names = ["use_sim_time", "control.torque_slew", "control.max_joint_speed", "another_nodes"]
    values = probe.call(GetParameters, "/controller/get_parameters", names=names).values
    assert (values[0].type, values[0].bool_value) == (ParameterType.PARAMETER_BOOL, False)
    assert [max(v.double_value, float(v.integer_value)) for v in values[1:3]] == [90.0, 29.0]
    assert values[3].type == ParameterType.PARAMETER_NOT_SET, "of another node"


def test_it_says_what_parameters_it_has(controller: Any, probe: Probe) -> None:
    (event,) = wait_for(
        lambda: [m for _, m in probe.heard["parameter_events"] if m.node == "/controller"], LONG, "an event"
    )
    names = {parameter.name for parameter in event.new_parameters}
    assert {"use_sim_time", "claim", "control.period_s"} <= names and "another_nodes" not in names


def test_it_describes_its_types(controller: Any, probe: Probe) -> None:
    (info,) = probe.node.get_publishers_info_by_topic("/controller/status")
    kind = "inhand_interfaces/msg/ControllerStatus"
    answer = probe.call(
        GetTypeDescription, "/controller/get_type_description", type_name=kind, type_hash=str(info.topic_type_hash)
    )
    assert answer.successful, answer.failure_reason
    fields = [field.name for field in answer.type_description.type_description.fields]
    assert fields[:3] == ["header", "DISABLED", "mode"] or "mode" in fields
