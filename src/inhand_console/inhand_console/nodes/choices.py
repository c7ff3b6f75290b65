"""Other weights, other randomisation: sequences of service calls, refused while a trial runs."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParametersAtomically

from inhand_console.snapshot import Snapshot
from inhand_core.signals import TrialState

POLICY = "policy"
RANDOMIZED = ("sim", "tracker", "policy", "smoother", "sim_cameras")
DOWN = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)
UP = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
Calls = Generator[tuple[str, type, Any], Any, Any]


def weights(path: str, snapshot: Snapshot) -> Calls:
    """Brings the policy down, gives it other weights, and up again; with its old ones where the new do not fit.

    Raises:
        ValueError: a trial runs, or the policy refuses the weights; the text says so.
    """
    _check_idle(snapshot)
    request = GetParameters.Request(names=["weights"])
    answer = yield f"{POLICY}/get_parameters", GetParameters, request
    before = answer.values[0].string_value
    if snapshot.graph.states.get(POLICY) == "active":
        yield from _change(DOWN)
    yield from _set(POLICY, "weights", path)
    try:
        yield from _change(UP)
    except ValueError as error:
        yield from _set(POLICY, "weights", before)
        yield from _change(UP)
        raise ValueError(f"the policy refuses {path} (its log says why) and goes on with {before}") from error
    return path


def randomization(groups: str, snapshot: Snapshot) -> Calls:
    """Gives every node that randomises the same groups.

    Raises:
        ValueError: a trial runs, or a node refuses; the nodes before it have the new groups by then.
    """
    _check_idle(snapshot)
    present = snapshot.graph.present or frozenset()
    changed = [name for name in RANDOMIZED if name in present]
    for name in changed:
        yield from _set(name, "randomization", groups)
    return f"{groups}: {', '.join(changed)}"


def _check_idle(snapshot: Snapshot) -> None:
    trial = snapshot.trial
    if trial is not None and int(trial.state[0]) == TrialState.RUNNING:
        raise ValueError(f"trial {int(trial.trial_id[0])} is running: stop it first")


def _change(transitions: tuple[int, ...]) -> Calls:
    for number in transitions:
        request = ChangeState.Request(transition=Transition(id=number))
        answer = yield f"{POLICY}/change_state", ChangeState, request
        if not answer.success:
            raise ValueError(f"{POLICY} refuses transition {number}")


def _set(node: str, name: str, value: str) -> Calls:
    parameter = Parameter(name=name, value=ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value))
    request = SetParametersAtomically.Request(parameters=[parameter])
    answer = yield f"{node}/set_parameters_atomically", SetParametersAtomically, request
    if not answer.result.successful:
        raise ValueError(f"{node}: {answer.result.reason}")
