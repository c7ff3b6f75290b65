"""Every managed node falls silent when it is deactivated, cleaned up or shut down."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from support.probe import Probe
from support.processes import Processes, executable, wait_for

ROOT = Path(__file__).resolve().parents[2]
LONG, WHILE_S = 60.0, 1.5
OF_EVERY_NODE = {"/rosout", "/parameter_events"}
MANAGED = {"ManagedNode", "LifecycleComponentNode"}
ALONE = {
    "hand_driver": ["interface:=nowhere0", "priority:=0", "io_priority:=0"],
    "phasespace_driver": ["address:=127.0.0.1:1"],
    "recorder_node": ["bag:={folder}/bag"],
}
"""Parameters with which a node comes up without its device; a node that is not named here needs none."""


def managed_nodes() -> dict[str, str]:
    """Package of every node with a managed lifecycle, by the name of its module, which its executable has too."""
    found = {}
    for path in sorted(ROOT.glob("src/*/*/nodes/*.py")):
        classes = [item for item in ast.parse(path.read_text()).body if isinstance(item, ast.ClassDef)]
        if any(isinstance(base, ast.Name) and base.id in MANAGED for item in classes for base in item.bases):
            found[path.stem] = path.parts[-3]
    return found


NODES = managed_nodes()


@pytest.fixture
def probe(domain: int) -> Iterator[Probe]:
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


def test_all_managed_nodes_are_found() -> None:
    """The scan itself: it finds nodes of both bases, in several packages."""
    assert {"policy_node", "recorder_node", "hand_driver", "basler_driver", "pose_estimator_node"} <= set(NODES)
    assert set(ALONE) <= set(NODES)


@pytest.mark.parametrize("module", NODES)
def test_a_node_that_was_ended_neither_speaks_nor_listens(
    probe: Probe, processes: Processes, tmp_path: Path, module: str
) -> None:
    words = [word for p in ALONE.get(module, []) for word in ("-p", p.format(folder=tmp_path))]
    command = [executable(f"{NODES[module]}/{module}"), "--ros-args", *words]
    processes.start(module, command, PYLON_CAMEMU="3")
    wait_for(lambda: set(probe.node.get_node_names()) - {"probe"}, LONG, processes.logs)
    (name,) = set(probe.node.get_node_names()) - {"probe"}
    wait_for(lambda: state(probe, name) == State.PRIMARY_STATE_ACTIVE, LONG, processes.logs)
    heard: dict[str, float] = {}

    def publishes() -> set[str]:
        return topics(probe, name, "publisher")

    wait_for(publishes, LONG, "what it publishes while active")
    for topic, (kind,) in probe.node.get_publisher_names_and_types_by_node(name, "/"):
        if topic in publishes():
            probe.listen(topic, kind, lambda topic=topic: heard.update({topic: time.monotonic()}))
    wait_for(lambda: "/diagnostics" in heard, LONG, lambda: f"its diagnostics; heard {set(heard)}")

    assert change(probe, name, Transition.TRANSITION_DEACTIVATE)
    wait_for(lambda: not topics(probe, name, "subscriber"), LONG, lambda: f"{topics(probe, name, 'subscriber')}")
    time.sleep(WHILE_S)  # what is on its way
    silent_since = time.monotonic()
    time.sleep(WHILE_S)
    assert not {topic for topic, then in heard.items() if then > silent_since} - {"/diagnostics"}

    assert change(probe, name, Transition.TRANSITION_CLEANUP)
    wait_for(lambda: publishes() <= {"/diagnostics"}, LONG, lambda: f"{publishes()}")
    assert change(probe, name, Transition.TRANSITION_CONFIGURE)
    assert change(probe, name, Transition.TRANSITION_ACTIVATE)
    wait_for(publishes, LONG, "what it publishes when it is active again")

    assert change(probe, name, Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert state(probe, name) == State.PRIMARY_STATE_FINALIZED
    wait_for(lambda: not publishes(), LONG, lambda: f"{publishes()}")
    wait_for(lambda: not topics(probe, name, "subscriber"), LONG, lambda: f"{topics(probe, name, 'subscriber')}")
    time.sleep(WHILE_S)
    silent_since = time.monotonic()
    time.sleep(WHILE_S)
    assert not {topic for topic, then in heard.items() if then > silent_since}
