"""Every managed node falls silent when it is deactivated, cleaned up or shut down."""

from __future__ import annotations

import pytest
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from support.probe import Probe
from support.processes import Processes, executable, wait_for

LONG = 60.0
OF_EVERY_NODE = {"/rosout", "/parameter_events"}
# name of the node: program, parameters with which it comes up without its device
NODES = {
    "policy": ("inhand_policy/policy_node", []),
    "recorder": ("inhand_ros/recorder_node", ["bag:={folder}/bag"]),
    "hand_driver": ("inhand_drivers/hand_driver", ["interface:=nowhere0", "priority:=0", "io_priority:=0"]),
    "phasespace": ("inhand_drivers/phasespace_driver", ["address:=127.0.0.1:1"]),
}


@pytest.fixture
def probe(domain: int):
    probe = Probe(domain, {})
    yield probe
    probe.close()


def topics(probe: Probe, name: str, kind: str) -> set[str]:
    """What the node publishes, or listens to, besides what every node does."""
    look = getattr(probe.node, f"get_{kind}_names_and_types_by_node")
    return {topic for topic, _ in look(name, "/")} - OF_EVERY_NODE - {f"/{name}/transition_event"}


def state(probe: Probe, name: str) -> int:
    return probe.call(GetState, f"{name}/get_state").current_state.id


def change(probe: Probe, name: str, transition: int) -> bool:
    request = ChangeState.Request()
    request.transition.id = transition
    return probe.call(ChangeState, f"{name}/change_state", transition=request.transition).success


@pytest.mark.parametrize("name", NODES)
def test_a_node_that_was_shut_down_neither_speaks_nor_listens(
    probe: Probe, processes: Processes, tmp_path, name: str
) -> None:
    program, parameters = NODES[name]
    words = [word for p in parameters for word in ("-p", p.format(folder=tmp_path))]
    processes.start(name, [executable(program), "--ros-args", *words])
    wait_for(lambda: name in probe.node.get_node_names(), LONG, processes.logs)
    wait_for(lambda: state(probe, name) == State.PRIMARY_STATE_ACTIVE, LONG, processes.logs)
    wait_for(lambda: topics(probe, name, "publisher"), LONG, "what it publishes while active")

    assert change(probe, name, Transition.TRANSITION_DEACTIVATE)
    assert change(probe, name, Transition.TRANSITION_ACTIVATE)
    assert change(probe, name, Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert state(probe, name) == State.PRIMARY_STATE_FINALIZED
    wait_for(lambda: not topics(probe, name, "publisher"), LONG, lambda: f"{topics(probe, name, 'publisher')}")
    wait_for(lambda: not topics(probe, name, "subscriber"), LONG, lambda: f"{topics(probe, name, 'subscriber')}")
