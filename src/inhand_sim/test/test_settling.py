"""Start states in the episode's own world: settled there, in the background or at once, and never a dropped one."""

import dataclasses
import itertools

import numpy as np
import pytest
from sims import ALL, POOL, make_realtime, make_training

from inhand_sim.draws import PHYSICS
from inhand_sim.scene import is_dropped
from inhand_sim.settling import KEPT, MAX_ATTEMPTS

STARTS = {**POOL, "random_steps": 12}


def make(batch, groups=ALL, starts=None, **changes):
    return make_training(batch, groups, start_states={**STARTS, **(starts or {})}, **changes)


def worlds_of(sim):
    """Every number of the draw that a world moves by, (B, n)."""
    return np.concatenate([getattr(sim.state.draw, name).reshape(sim.batch, -1) for name in PHYSICS], axis=1)


def run(sim, steps):
    for _ in range(steps):
        sim.step({}, 0.08)


def end(sim, rows=None):
    mask = np.ones(sim.batch, bool) if rows is None else np.isin(np.arange(sim.batch), rows)
    sim.reset(mask)


def test_states_are_those_of_random_actions_in_the_rows_own_world():
    sim = make(6)
    given = sim.state.settling.kept[0]
    assert (given.scale == 1.0).all() and (sim.state.settling.attempts >= 1).all()
    for name in PHYSICS:
        np.testing.assert_array_equal(getattr(sim.state.draw, name), getattr(given.draw, name))
    assert not is_dropped(sim.layout, given.qpos[:, sim.layout.object_qpos[:3]]).any()
    np.testing.assert_array_equal(sim._qpos, given.qpos)
    np.testing.assert_array_equal(sim._qvel, given.qvel)
    limits = sim._models.limits(np.arange(6))
    angles = given.qpos[:, sim.layout.joint_qpos]
    inside = (angles >= limits[..., 0] - 0.05) & (angles <= limits[..., 1] + 0.05)
    assert inside.mean() > 0.99  # hand and object have come to terms with these limits, not with the nominal ones
    # What the block's weight, the palm's place and the limits let it do differs from the nominal world's pool.
    assert len(np.unique(given.qpos[:, sim.layout.object_qpos[0]])) == 6


def test_dropped_ones_are_drawn_again_in_the_same_world():
    sim = make(24, starts={"random_steps": 60, "smoothing": 0.7})
    settling = sim.state.settling
    assert settling.attempts.max() > 1 and settling.redrawn.sum() == 0
    assert not is_dropped(sim.layout, sim._qpos[:, sim.layout.object_qpos[:3]]).any()


def test_a_hopeless_world_is_given_up(monkeypatch):
    sim = make(3, starts={"reuse": False})
    draws = worlds_of(sim)
    drops = iter([True] * (MAX_ATTEMPTS + 1))
    monkeypatch.setattr(
        "inhand_sim.settling.is_dropped", lambda layout, position: np.full(len(position), next(drops, False))
    )
    run(sim, 1)
    end(sim)
    assert sim.state.settling.redrawn.tolist() == [1, 1, 1]
    assert (worlds_of(sim) != draws).any(axis=1).all()


def test_another_world_each_time_where_it_is_waited_for():
    sim = make(4, starts={"reuse": False})
    seen = [worlds_of(sim)]
    for _ in range(3):
        run(sim, 2)
        end(sim)
        seen.append(worlds_of(sim))
    for a, b in itertools.pairwise(seen):
        assert (a != b).any(axis=1).all()


def test_a_row_uses_worlds_again_once_it_has_enough():
    sim = make(8, starts={"reuse": True, "ahead": 0.0, "random_steps": 2})
    seen = [worlds_of(sim)]
    for _ in range(KEPT - 1):  # as rows do that drop the object at once
        run(sim, 1)
        end(sim)
        seen.append(worlds_of(sim))
    for a, b in itertools.combinations(seen, 2):
        assert (a != b).any(axis=1).all()
    for _ in range(5):
        run(sim, 1)
        end(sim)
        assert all(any(np.array_equal(now, old[row]) for old in seen) for row, now in enumerate(worlds_of(sim)))


def test_all_kept_worlds_are_used_alike():
    """A start that is soon lost would come again and again if a row had but one world at a time."""
    sim = make(200, ("physics",), starts={"reuse": True, "ahead": 5.0, "random_steps": 2})
    for _ in range(KEPT):
        run(sim, 4)
        end(sim)
    sim._settling.config = dataclasses.replace(sim._settling.config, ahead=0.0)
    sim.state.settling.done[:] = False
    assert all((kept.scale == 1.0).all() for kept in sim.state.settling.kept)
    seen = []
    for _ in range(20):
        run(sim, 1)
        end(sim)
        seen.append(sim.state.settling.last.copy())
        size = np.stack([kept.draw.size for kept in sim.state.settling.kept])
        np.testing.assert_array_equal(sim.state.draw.size, size[seen[-1], np.arange(200)])
    assert np.bincount(np.ravel(seen)) / 4000 == pytest.approx(np.full(KEPT, 1 / KEPT), abs=0.03)


def test_a_row_with_few_worlds_settles_faster():
    sim = make(40, starts={"reuse": True, "ahead": 0.1})
    sim._settling.config = dataclasses.replace(sim._settling.config, random_steps=1000)
    run(sim, 20)
    assert sim.state.settling.age.mean() == pytest.approx(0.1 * KEPT * 20, rel=0.1)


def test_background_settling_costs_its_share_and_rows_take_turns(monkeypatch):
    sim = make(64, starts={"reuse": True, "ahead": 0.25})
    for kept in sim.state.settling.kept:
        kept.scale[:] = 1.0  # as if there were no lack of worlds
    sim._settling.config = dataclasses.replace(sim._settling.config, random_steps=1000)  # it is never ready
    made, step = [], sim._settling._step
    monkeypatch.setattr(sim._settling, "_step", lambda rows: (made.append(len(rows)), step(rows)))
    run(sim, 40)
    assert sum(made) == pytest.approx(0.25 * 64 * 40, rel=0.05)
    assert max(made) < 32


def test_rows_that_sleep_settle_nothing():
    sim = make(8, starts={"reuse": True, "ahead": 1.0})
    sim.asleep[:4] = True
    run(sim, 5)
    assert not sim.state.settling.begun[:4].any() and sim.state.settling.begun[4:].all()


def test_a_world_holds_for_the_spread_that_it_was_drawn_with():
    sim = make(16, ("physics",), starts={"reuse": True, "ahead": 0.5})
    run(sim, 10)
    sim.randomization_scale[:] = 0.1
    end(sim)
    assert np.abs(sim.state.draw.size - 1.0).max() <= 0.005
    run(sim, 100)
    end(sim)
    assert np.abs(sim.state.draw.size - 1.0).max() <= 0.005


def test_a_start_that_nothing_came_of_is_not_wasted():
    sim = make(4)
    before = worlds_of(sim)
    sim.start()
    np.testing.assert_array_equal(worlds_of(sim), before)


@pytest.mark.parametrize("maker", [make_training, make_realtime])
def test_a_row_does_not_depend_on_the_batch(maker):
    starts = {**STARTS, "random_steps": 6, "ahead": 2.0, "reuse": True}
    many, alone = maker(9, start_states=starts), maker(1, start_states=starts)
    for k in range(150):
        for sim in (many, alone):
            sim.step({}, 0.08)
            if k in (40, 70, 100):
                end(sim, [0, 3])
    np.testing.assert_array_equal(many.worlds.state[:1], alone.worlds.state)
    np.testing.assert_array_equal(worlds_of(many)[:1], worlds_of(alone))
    assert many.state.settling.begun[1:].any()


def test_restored_settling_repeats_bit_for_bit():
    sim = make(6, starts={"reuse": True, "ahead": 1.0})
    run(sim, 7)
    saved = sim.save()

    def play(sim):
        for k in range(60):
            sim.step({}, 0.08)
            if k % 20 == 10:
                end(sim, [k // 20, 4])
        return np.concatenate([sim.worlds.state, worlds_of(sim)], axis=1)

    first = play(sim)
    sim.restore(saved)
    np.testing.assert_array_equal(play(sim), first)
    other = make(6, starts={"reuse": True, "ahead": 1.0}, seed=0)
    other.restore(saved)
    np.testing.assert_array_equal(play(other), first)


def test_the_nominal_world_is_used_where_nothing_is_drawn_or_it_is_asked_for():
    assert make(2, ()).state.settling is None
    assert make(2, starts={"own_world": False}).state.settling is None
    assert make(2, ("observation_noise", "unmodeled")).state.settling is None
