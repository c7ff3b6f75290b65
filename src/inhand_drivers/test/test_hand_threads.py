"""The threads around the driver's core."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from inhand_drivers.hand.bus import BusError, SoemBus
from inhand_drivers.hand.config import load_driver_config
from inhand_drivers.hand.emulator.backside import Backside
from inhand_drivers.hand.emulator.hand import EmulatedHand
from inhand_drivers.hand.handover import Handover
from inhand_drivers.hand.layout import DEMAND_MAX, Command, Mode, pack_command
from inhand_drivers.hand.loop import CycleThread
from inhand_drivers.hand.realtime import use_fifo
from inhand_drivers.hand.wire import VethPair, WireError

PATIENCE_S = 20.0


def await_true(condition) -> None:
    """Polls until it holds."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_cycles_run_until_the_end_and_the_last_word_is_said_by_their_thread() -> None:
    said: list[threading.Thread] = []
    cycles: list[int] = []
    loop = CycleThread(lambda: not cycles.append(1), lambda: said.append(threading.current_thread()), 0.001, 0, print)
    await_true(lambda: len(cycles) > 20)
    loop.close()
    count = len(cycles)
    time.sleep(0.01)
    assert len(cycles) == count and len(said) == 1 and said[0].name == "hand bus"
    assert loop.error is None


@pytest.mark.parametrize("timed", [True, False])
def test_late_cycles_are_left_out_and_counted_where_time_is_kept(timed: bool) -> None:
    cycles: list[float] = []

    def slow() -> bool:
        cycles.append(time.monotonic())
        time.sleep(0.02)
        return timed

    loop = CycleThread(slow, lambda: None, 0.001, 0, print)
    await_true(lambda: len(cycles) >= 3)
    loop.close()
    assert (loop.overruns > 0) == timed


def test_an_error_in_a_cycle_is_kept_and_the_last_word_is_said_all_the_same() -> None:
    said: list[str] = []

    def broken() -> bool:
        raise RuntimeError("broken")

    loop = CycleThread(broken, lambda: said.append("stop"), 0.001, 0, print)
    await_true(lambda: said)
    loop.close()
    assert str(loop.error) == "broken"


def test_a_priority_that_cannot_be_had_is_a_warning() -> None:
    assert use_fifo(0) is None
    assert "SCHED_FIFO 1000 denied" in use_fifo(1000)


def test_a_handover_keeps_the_order_and_drops_what_is_too_much() -> None:
    gate, got = threading.Event(), []

    def deliver(item: int) -> None:
        gate.wait(PATIENCE_S)
        got.append(item)

    handover = Handover(deliver, 3)
    for item in range(10):
        handover.put(item)
    gate.set()
    handover.close()
    assert got == sorted(got) and 3 <= len(got) <= 4
    assert len(got) + handover.dropped == 10


def test_a_handover_keeps_what_its_receiver_raises() -> None:
    handover = Handover(lambda item: 1 / item, 3)
    handover.put(0)
    await_true(lambda: handover.error is not None)
    handover.close()
    assert isinstance(handover.error, ZeroDivisionError)


def test_the_emulated_motors_say_their_torque_at_once_and_that_it_ends() -> None:
    hand, said = EmulatedHand(time.monotonic), []
    full_scale = np.full(20, 2.0)
    backside = Backside(hand, full_scale, lambda torque, *rest: said.append((torque, *rest)))
    time.sleep(0.05)
    assert not said, "not before the first sensors"
    backside.heard(41, 1000)
    hand.outputs(pack_command(Command(1, Mode.TORQUE, np.full(20, DEMAND_MAX))))
    backside.look()
    await_true(lambda: any(np.allclose(entry[0], 2.0) for entry in said))
    await_true(lambda: not said[-1][0].any())
    backside.close()
    assert [entry[1] for entry in said] == list(range(len(said)))
    assert said[-1][2:] == (41, 1000) and backside.error is None


def test_a_bus_without_an_interface_says_which_there_are() -> None:
    bus = SoemBus(load_driver_config({"interface": "nowhere0"}))
    with pytest.raises(BusError, match="nowhere0.*'lo'|raw sockets are not allowed"):
        bus.connect()
    bus.close()


@pytest.mark.parametrize("name", ["", "sixteencharacter"])
def test_an_interface_has_a_name_that_the_system_takes(name: str) -> None:
    with pytest.raises(WireError, match="1 to 15 characters"):
        VethPair(name, "other")
