"""The gate that holds a world back: by stamps alone, and by patience where nobody answers."""

import threading

import pytest

from inhand_core.config import ConfigError
from inhand_sim.pacing import RealTimeLoop
from inhand_sim.waiting import Gate, Stream

MS = 1_000_000
COMMANDS, ACTION = Stream("commands", 0.005), Stream("action", 0.09)


def gate(*streams, patience_s=0.15, time_ns=0):
    return Gate(streams or (COMMANDS, ACTION), patience_s, time_ns)


def test_nobody_is_waited_for_before_he_has_spoken():
    some = gate()
    assert not some.answered and not some.awaited(10_000 * MS) and some.wait(10_000 * MS)


def test_the_world_goes_as_far_as_the_oldest_answer_allows():
    some = gate()
    some.heard("commands", 100 * MS)
    some.heard("action", 80 * MS)
    assert some.awaited(105 * MS) == "" and some.awaited(105 * MS + 1) == "commands"
    some.heard("commands", 165 * MS)
    assert some.awaited(170 * MS) == "" and some.awaited(171 * MS) == "commands"
    some.heard("commands", 170 * MS)
    assert some.awaited(170 * MS + 1) == "action"
    some.heard("action", 160 * MS)
    assert some.awaited(175 * MS) == ""


def test_a_waiting_world_goes_on_when_the_answer_comes():
    some = gate(patience_s=60.0)
    some.heard("commands", 0)
    seen = []
    thread = threading.Thread(target=lambda: [seen.append(some.wait(10 * MS)) for _ in range(1000) if True not in seen])
    thread.start()
    some.heard("commands", 5 * MS)
    thread.join(30.0)
    assert seen and seen[-1] and some.gave_up == 0


def test_patience_ends_and_the_stream_counts_again_with_its_next_timely_message():
    some = gate()
    some.heard("commands", 0)
    some.heard("action", 0)
    assert not some.wait(50 * MS), "one wait is not the end of patience, however long the machine let it last"
    while not some.wait(50 * MS):
        pass
    assert some.gave_up == 1 and some.lost == {"commands"}
    some.heard("commands", 20 * MS)  # said before the world went on: nobody who would answer now
    assert some.awaited(50 * MS) == "" and some.lost == {"commands"}
    some.heard("commands", 50 * MS)
    assert some.awaited(55 * MS) == "" and some.awaited(56 * MS) == "commands" and not some.lost


def test_while_one_is_lost_the_others_are_waited_for_a_tenth_as_long():
    some = gate(patience_s=0.5)
    some.heard("commands", 0)
    some.heard("action", 0)
    waits = [0, 0]
    while "commands" not in some.lost:
        some.wait(50 * MS)
        waits[0] += 1
    while "action" not in some.lost:
        some.wait(100 * MS)
        waits[1] += 1
    assert waits[0] >= 5 > waits[1], "a wait counts 0.1 s at most, and 0.02 s at least"
    some.heard("commands", 100 * MS)
    some.heard("action", 100 * MS)
    assert not some.lost


def test_each_answer_renews_the_patience():
    some = gate(COMMANDS)
    some.heard("commands", 0)
    for k in range(1, 6):
        assert not some.wait(5 * MS * k + 1)
        some.heard("commands", 5 * MS * k)
        assert some.wait(5 * MS * k + 1)
    assert some.gave_up == 0


def test_old_words_of_a_run_before_do_not_count():
    some = gate(time_ns=1_000 * MS)
    some.heard("action", 0)
    assert not some.answered and some.wait(1_000 * MS)


def test_what_is_not_waited_for_is_left_aside():
    some = gate()
    some.heard("markers", 0)
    assert not some.answered


@pytest.mark.parametrize(
    ("make", "culprit"), [(lambda: Stream("commands", 0.0), "commands"), (lambda: gate(patience_s=0.0), "patience_s")]
)
def test_limits_are_above_zero(make, culprit):
    with pytest.raises(ConfigError, match=culprit):
        make()


def run(loop, done, seconds=30.0):
    """Runs a loop until `done` is set."""
    loop.start()
    try:
        assert done.wait(seconds), "nothing happened"
    finally:
        loop.stop()


def test_a_loop_never_runs_ahead_of_an_answer_however_late_it_is():
    """Each tick is answered from another thread after a while; no tick may begin before."""
    period, some, done = 5 * MS, Gate([COMMANDS], 60.0), threading.Event()
    answered, early = [0], []

    def tick(k):
        if k > answered[-1] + 1:
            early.append(k)
        if k == 40:
            done.set()
        threading.Timer(0.02 if k % 10 == 3 else 0.0, answer, (k,)).start()

    def answer(k):
        answered.append(k)
        some.heard("commands", k * period)

    some.heard("commands", 0)
    loop = RealTimeLoop(tick, period, speed=0.0, gate=some)
    run(loop, done)
    assert not early and loop.error is None
    assert some.gave_up == 0 and loop.pace().waited > 0.0 and loop.pace().missed == 0


def test_a_loop_goes_on_without_those_who_never_answer():
    some, done, beats = Gate([COMMANDS], 0.15), threading.Event(), []
    some.heard("commands", 0)
    loop = RealTimeLoop(lambda k: done.set() if k == 20 else None, MS, gate=some, idle=lambda: beats.append(1))
    run(loop, done)
    assert some.gave_up == 1 and beats, "and says meanwhile that it lives"


def test_jobs_run_and_a_pause_comes_while_the_loop_waits():
    some, ticks, done = Gate([COMMANDS], 60.0), [], threading.Event()
    some.heard("commands", 0)
    loop = RealTimeLoop(ticks.append, MS, gate=some)
    loop.start()
    try:
        while loop.awaited != "commands":
            done.wait(0.001)
        stuck = len(ticks)
        assert loop.call(lambda: 7) == 7
        loop.pause(True)
        assert loop.call(lambda: loop.paused) and len(ticks) == stuck
        loop.pause(False)
        some.heard("commands", 1_000 * MS)
        while len(ticks) <= stuck:
            done.wait(0.001)
    finally:
        loop.stop()
    assert ticks == list(range(len(ticks))) and some.gave_up == 0
