"""A managed node falls silent whichever way it is ended: deactivate, cleanup, shutdown, an error."""

from __future__ import annotations

import pytest
from rclpy.lifecycle import TransitionCallbackReturn
from std_msgs.msg import String

from inhand_ros.managed_node import ManagedNode


class Chatter(ManagedNode):
    """Publishes on a timer while active; notes what is called, and fails where it is told to."""

    def __init__(self, **failing: Exception) -> None:
        self.calls: list[str] = []
        self._failing = failing
        super().__init__("chatter")
        self.bring_up()

    def _note(self, name: str) -> None:
        self.calls.append(name)
        if name in self._failing:
            raise self._failing[name]

    def configure(self) -> None:
        self._note("configure")
        self.outlet = self.create_publisher(String, "chat", 10)

    def activate(self) -> None:
        self._note("activate")
        self.timer = self.create_timer(0.01, lambda: self.outlet.publish(String()))

    def deactivate(self) -> None:
        self.destroy_timer(self.timer)
        self._note("deactivate")

    def cleanup(self) -> None:
        self.destroy_publisher(self.outlet)
        self._note("cleanup")


def silent(node: Chatter) -> bool:
    """Whether the node has neither its publisher nor its timer."""
    return not any(p.topic_name == "/chat" for p in node.publishers) and not list(node.timers)


def test_shutdown_from_active_undoes_everything(ros) -> None:
    node = Chatter()
    assert node.active and not silent(node)
    assert node.trigger_shutdown() == TransitionCallbackReturn.SUCCESS
    assert node.calls == ["configure", "activate", "deactivate", "cleanup"]
    assert silent(node)


def test_shutdown_undoes_only_what_is_left(ros) -> None:
    node = Chatter()
    node.trigger_deactivate()
    node.trigger_shutdown()
    assert node.calls == ["configure", "activate", "deactivate", "cleanup"]
    other = Chatter()
    other.trigger_deactivate()
    other.trigger_cleanup()
    other.trigger_shutdown()
    assert other.calls == ["configure", "activate", "deactivate", "cleanup"]


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x")])
def test_what_fails_to_deactivate_is_cleaned_up_all_the_same(ros, error: Exception) -> None:
    node = Chatter(deactivate=error)
    node.trigger_shutdown()
    assert node.calls[-2:] == ["deactivate", "cleanup"]
    assert silent(node)


def test_an_error_silences_and_the_node_can_be_configured_again(ros) -> None:
    node = Chatter(deactivate=RuntimeError("x"))
    node.trigger_deactivate()
    assert silent(node)
    node._failing.clear()
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
