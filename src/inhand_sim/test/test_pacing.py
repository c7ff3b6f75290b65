"""The real-time loop and the hand-over: order, pauses, jobs, lateness, errors. No bound on any time is tested."""

import threading
import time

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


def test_ticks_that_make_up_for_a_delay_do_not_come_in_a_burst(loop_of):
    seen = []

    def tick(k):
        seen.append(time.monotonic_ns())
        if k == 5:
            time.sleep(0.01)

    loop = loop_of(tick, max_lag_ns=10_000_000_000)
    loop.start()
    wait_until(lambda: len(seen) > 100)
    loop.stop()
    gaps = [b - a for a, b in zip(seen, seen[1:], strict=False)]
    assert min(gaps) >= 0.8 * PERIOD_NS - 1000, "began is read a moment after the tick's own clock"


@pytest.mark.parametrize("speed", [0.25, 1.0])
def test_a_speed_is_never_exceeded(loop_of, speed):
    seen = []
    loop = loop_of(lambda k: seen.append(time.monotonic_ns()), speed=speed)
    loop.start()
    wait_until(lambda: len(seen) >= 40)
    loop.stop()
    assert all(t - seen[0] >= (k - 1) * PERIOD_NS / speed for k, t in enumerate(seen))
    assert loop.pace().speed == speed and loop.pace().factor <= 1.2 * speed


def test_as_fast_as_it_can_is_real_time_while_nobody_answers(loop_of):
    seen = []
    loop = loop_of(lambda k: seen.append(time.monotonic_ns()), speed=0.0, gate=Gate([Stream("commands", 1.0)], 1.0))
    loop.start()
    wait_until(lambda: len(seen) >= 40)
    loop.stop()
    assert all(t - seen[0] >= (k - 1) * PERIOD_NS for k, t in enumerate(seen))


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
