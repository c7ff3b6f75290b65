"""The real-time loop and the hand-over: order, pauses, jobs, lateness, errors. No bound on any time is tested."""

import threading
import time

import numpy as np
import pytest

from inhand_sim.pacing import Outbox, RealTimeLoop
from inhand_sim.waiting import Gate, Stream

PERIOD_NS = 1_000_000


@pytest.fixture
def loop_of():
    """Makes loops and stops them at the end."""
    made = []

    def make(tick, **options):
        made.append(RealTimeLoop(tick, PERIOD_NS, **options))
        return made[-1]

    yield make
    for loop in made:
        loop.stop()


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.001)


def test_ticks_come_in_order_and_not_early(loop_of):
    seen = []
    loop = loop_of(lambda k: seen.append((k, time.monotonic_ns())))
    loop.start()
    wait_until(lambda: len(seen) >= 50)
    loop.stop()
    assert [k for k, _ in seen] == list(range(len(seen)))
    missed = loop.pace().missed
    assert all(t - seen[0][1] >= (k - 1) * PERIOD_NS for k, t in seen) and missed >= 0


def test_pause_stops_and_run_for_runs_that_many(loop_of):
    ticks = []
    loop = loop_of(ticks.append)
    loop.pause(True)
    loop.start()
    time.sleep(0.02)
    assert ticks == [] and loop.paused
    loop.run_for(7)
    wait_until(lambda: len(ticks) == 7)
    loop.run_for(3)
    wait_until(lambda: loop.paused)
    assert ticks == list(range(10))
    loop.pause(False)
    wait_until(lambda: len(ticks) > 12)
    assert not loop.paused


def test_jobs_run_between_ticks_in_the_loop_s_thread(loop_of):
    threads = []
    loop = loop_of(lambda k: threads.append(threading.get_ident()))
    loop.start()
    wait_until(lambda: threads)
    assert loop.call(threading.get_ident) == threads[0]
    loop.pause(True)
    assert loop.call(lambda: 5) == 5
    with pytest.raises(ValueError, match="no"):
        loop.call(lambda: int("no"))
    assert loop.error is None


def test_a_stall_is_counted_and_not_caught_up(loop_of):
    seen = []

    def tick(k):
        seen.append(time.monotonic_ns())
        if k == 5:
            time.sleep(0.2)

    loop = loop_of(tick, max_lag_ns=20 * PERIOD_NS)
    loop.start()
    wait_until(lambda: len(seen) > 30)
    loop.stop()
    assert loop.pace().missed >= 190
    assert loop.pace().factor < 1.0 and loop.pace().total < 1.0


def test_a_short_delay_is_caught_up(loop_of):
    seen = []

    def tick(k):
        seen.append(k)
        if k == 5:
            time.sleep(0.01)

    loop = loop_of(tick, max_lag_ns=10_000_000_000)
    loop.start()
    wait_until(lambda: len(seen) > 100)
    assert loop.pace().missed == 0


class MadeUpTime:
    """A clock that goes on when somebody sleeps, or when the test says so."""

    def __init__(self):
        self.now_ns = 0

    def monotonic_ns(self):
        return self.now_ns

    def sleep(self, seconds):
        self.now_ns += round(1e9 * seconds)


@pytest.fixture
def made_up_time(monkeypatch):
    clock = MadeUpTime()
    monkeypatch.setattr("inhand_sim.pacing.time", clock)
    return clock


def run_ticks(loop_of, clock, count, costs=None, **options):
    """When `count` ticks began [periods]; `costs` are what some of them take [periods]."""
    began, done = [], threading.Event()

    def tick(k):
        began.append(clock.now_ns / PERIOD_NS)
        clock.now_ns += round(PERIOD_NS * (costs or {}).get(k, 0.1))
        if k == count - 1:
            done.set()

    loop = loop_of(tick, **options)
    loop.start()
    assert done.wait(10.0)
    loop.stop()
    return began[:count], loop


def test_ticks_that_make_up_for_a_delay_do_not_come_in_a_burst(loop_of, made_up_time):
    began, loop = run_ticks(loop_of, made_up_time, 100, {5: 10.0})
    assert began[:6] == pytest.approx(range(6)) and began[6] == pytest.approx(15.0)
    assert np.diff(began[6:51]) == pytest.approx(0.8), "9 periods late, a fifth made up for at each tick"
    assert began[60:] == pytest.approx(range(60, 100)) and loop.pace().missed == 0


def test_a_stall_is_given_up_and_time_goes_on_from_there(loop_of, made_up_time):
    began, loop = run_ticks(loop_of, made_up_time, 100, {5: 200.0}, max_lag_ns=50 * PERIOD_NS)
    assert np.diff(began[6:]) == pytest.approx(1.0) and loop.pace().missed == 199


@pytest.mark.parametrize("speed", [0.25, 1.0, 2.0])
def test_a_speed_is_kept_and_never_exceeded(loop_of, made_up_time, speed):
    began, loop = run_ticks(loop_of, made_up_time, 100, speed=speed)
    assert began == pytest.approx(np.arange(100) / speed)
    assert loop.pace().speed == speed


def test_as_fast_as_it_can_is_real_time_while_nobody_answers(loop_of, made_up_time):
    gate = Gate([Stream("commands", 1e6)], 1.0)
    began, _ = run_ticks(loop_of, made_up_time, 20, speed=0.0, gate=gate)
    assert began == pytest.approx(range(20))
    gate.heard("commands", 0)
    began, _ = run_ticks(loop_of, made_up_time, 20, speed=0.0, gate=gate)
    assert np.diff(began) == pytest.approx(0.1), "what a tick takes"


def test_an_error_ends_the_loop_and_is_kept(loop_of):
    loop = loop_of(lambda k: 1 / (3 - k))
    loop.start()
    wait_until(lambda: loop.error is not None)
    assert isinstance(loop.error, ZeroDivisionError) and loop.pace().ticks == 3


def test_outbox_keeps_the_order_and_sends_all_before_it_closes():
    sent = []
    box = Outbox(sent.append)
    for k in range(500):
        box.put(k)
    box.close()
    assert sent == list(range(500)) and box.dropped == 0


def test_the_giver_never_waits_and_what_is_dropped_is_counted():
    gate, sent = threading.Event(), []

    def send(item):
        gate.wait()
        sent.append(item)

    box = Outbox(send, capacity=10)
    for k in range(100):
        box.put(k)
    gate.set()
    box.close()
    assert box.dropped == 100 - len(sent) and box.dropped >= 85
    assert sent == sorted(sent)


def test_an_error_while_sending_is_kept():
    box = Outbox(lambda item: 1 / item)
    box.put(0)
    wait_until(lambda: box.error is not None)
    assert isinstance(box.error, ZeroDivisionError)
