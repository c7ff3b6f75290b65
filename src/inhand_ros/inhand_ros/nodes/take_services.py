"""Services of the recorder for a person: recorder/start, stop, keep, discard."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.lifecycle import TransitionCallbackReturn
from std_srvs.srv import Trigger

from inhand_ros.diagnostics import Diagnostics
from inhand_ros.managed_node import ManagedNode
from inhand_ros.takes import Takes


class TakeServices:
    """Starts and ends takes by the node's own lifecycle, and decides about the last one.

    Args:
        node: the recorder; configured while a take is open, active while it records.
        takes: which the node names its bags by.
        recording: whether a take is open.
    """

    def __init__(self, node: ManagedNode, takes: Takes, recording: Callable[[], bool]) -> None:
        self._node, self._takes, self._recording = node, takes, recording
        self._idle: Diagnostics | None = None
        jobs = {"start": self._start, "stop": self._stop, "keep": takes.keep, "discard": takes.discard}
        for name, job in jobs.items():
            node.create_service(Trigger, f"recorder/{name}", lambda _, answer, job=job: _answer(answer, job))
        node.at_shutdown.append(self.wake)
        self.rest()

    def rest(self) -> None:
        """Reports on /diagnostics while no take is open, when the recorder itself does not."""
        if self._node.context.ok():  # at the end of the process there is nobody left to report to
            self._idle = self._idle or Diagnostics(self._node, self.report)

    def wake(self) -> None:
        """Leaves the reports to the recorder."""
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def report(self, status: Diagnostics) -> None:
        """Adds what a person decides on: whether it records, and the last take."""
        status.add("recording", "recording" if self._recording() else self._takes.fate or "idle")
        status.add("take", self._takes.last or "none")

    def _start(self) -> str:
        if self._recording():
            raise ValueError(f"{self._takes.last} is being recorded; end it first")
        self._do(self._node.trigger_configure)
        self._do(self._node.trigger_activate)
        return f"recording to {self._takes.last}"

    def _stop(self) -> str:
        if not self._recording():
            raise ValueError("nothing is being recorded")
        if self._node.active:
            self._do(self._node.trigger_deactivate)
        self._do(self._node.trigger_cleanup)
        return f"{self._takes.last} is closed"

    def _do(self, transition: Callable[[], TransitionCallbackReturn]) -> None:
        if transition() != TransitionCallbackReturn.SUCCESS:
            raise ValueError(str(self._node.failure))


def _answer(answer: Trigger.Response, job: Callable[[], str]) -> Trigger.Response:
    try:
        answer.success, answer.message = True, job()
    except (ValueError, OSError) as error:
        answer.success, answer.message = False, str(error)
    return answer
