"""The graph's time, and overload, told from numbers made up here."""

import pytest

from inhand_ros import overload
from inhand_ros.deadline_watch import LASTS_S, MANY, Deadlines
from inhand_ros.graph_time import GRACE_S, GraphTime
from inhand_ros.overload import CALM_S, OverloadWatch, is_slow


def test_a_robot_s_time_is_the_wall_s():
    assert GraphTime(False).now(5.0, 70.0) == 70.0


def test_simulated_time_is_slow_when_the_simulator_is_and_stands_when_it_does():
    time = GraphTime(True)
    assert [time.now(0.1 * k, 2.0 * k) for k in range(5)] == pytest.approx([0.1 * k for k in range(5)])
    for k in range(100):  # paused, or waiting for its graph: it says that it lives
        time.beat(8.0 + k)
        assert time.now(0.4, 8.0 + k) == 0.4


def test_of_a_dead_simulator_the_wall_s_time_takes_over():
    time = GraphTime(True)
    time.now(3.0, 100.0)
    assert time.now(3.0, 100.0 + GRACE_S) == 3.0
    assert time.now(3.0, 110.0 + GRACE_S) == 13.0
    assert time.now(50.0, 200.0) == 50.0, "another simulator, whose time counts again"


@pytest.mark.parametrize(
    ("factor", "speed", "slow"),
    [(0.99, 1.0, False), (0.9, 1.0, True), (0.49, 0.5, False), (0.4, 0.5, True), (0.1, 0.0, False)],
)
def test_slow_is_below_the_speed_asked_for(factor, speed, slow):
    assert is_slow(factor, speed) is slow


def looks(watch, factors, step=0.25, speed=1.0):
    """What is said at one look after another."""
    return [watch.look_at_simulation(factor, speed, step * k) for k, factor in enumerate(factors)]


def test_overload_is_said_once_at_once_and_so_is_its_end():
    watch = OverloadWatch()
    calm = round(CALM_S / 0.25) + 1
    said = looks(watch, [1.0] * 4 + [0.6] * 20 + [1.0] * (calm + 4))
    begin, end = (k for k, line in enumerate(said) if line)
    assert begin == 5, "at the second look that finds it"
    assert "0.60 of real time, 1 asked for" in said[begin] and "cores, load" in said[begin]
    assert end == 23 + calm - 1 and "keeps up again" in said[end]
    assert watch.words == "" and watch.total.lowest_factor == 0.6
    assert watch.total.seconds == pytest.approx(0.25 * (end - begin))


def test_a_factor_that_wavers_is_one_overload():
    watch = OverloadWatch()
    assert sum(bool(line) for line in looks(watch, [0.7, 0.9, 0.96, 0.99] * 20)) == 1
    assert watch.words


def test_one_slow_look_alone_is_said_of_no_machine():
    assert not any(looks(OverloadWatch(), [1.0, 0.9, 1.0, 1.0, 0.9, 1.0]))


def test_a_robot_s_deadlines_are_counted_from_the_first_report():
    watch = OverloadWatch()
    said = [watch.look_at_deadlines(missed, 0.25 * k) for k, missed in enumerate([70, 70, 73, 73])]
    assert said[:3] == ["", "", ""] and "3 deadlines of the controller went" in said[3]
    assert watch.total.deadlines == 3


def test_the_machine_s_words_name_who_is_busy_and_what_can_go(monkeypatch):
    names = {1: "train.py", 2: "console_node", 3: "sim_node", 4: "train.py"}
    monkeypatch.setattr("inhand_core.machine.name_of", names.get)
    words = overload.machine({1: 0.7, 4: 0.5, 3: 0.4, 2: 0.3})
    assert "train.py 1.20, sim_node 0.40, console_node 0.30" in words
    assert words.endswith("can be switched off: the page, console:=false")


def test_a_robot_is_overloaded_while_many_deadlines_go_at_once():
    now = [10.0]
    deadlines = Deadlines(lambda: now[0])
    deadlines.take(500)
    assert not deadlines.overloaded(), "what went before somebody looked"
    deadlines.take(500 + MANY - 1)
    assert not deadlines.overloaded()
    deadlines.take(500 + 2 * MANY)
    assert deadlines.overloaded()
    now[0] += LASTS_S
    assert not deadlines.overloaded()
