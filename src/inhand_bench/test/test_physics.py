"""What `inhand bench physics` checks before it measures: mujoco_warp on Warp's CPU device against MuJoCo."""

import numpy as np
import pytest
from sims import POOL, make_training
from warps import BATCH, actions, make_warp

from inhand_bench.sim.physics import CONVERGED, POSITION, VELOCITY, difference, environment
from inhand_bench.sim.worker import Driver


@pytest.mark.parametrize(("thing", "cone"), [("block", "pyramidal"), ("block", "elliptic"), ("prism", "pyramidal")])
def test_steps_from_the_same_states_agree(thing, cone):
    """In randomised worlds, from states on a roll-out of MuJoCo's, contacts included, where both solvers converge."""
    changes = {"object": thing, "cone": cone, **CONVERGED}
    cpu, gpu = make_training(BATCH, **changes), make_warp(**changes)
    contacts, short, long = [], [], []
    for given in actions(9):
        cpu.step(given, 0.08)
        short.append(difference(cpu, gpu, 1))
        contacts.append(cpu.worlds.bind("ncon").copy())
        long.append(difference(cpu, gpu, cpu.config.substeps)[0])
    position, velocity = np.concatenate(short, axis=1)
    assert np.mean(contacts) > 1.0 and np.max(contacts) > 4
    assert position.max() < POSITION and velocity.max() < VELOCITY
    assert np.quantile(long, 0.95) < 2 * POSITION


def test_the_graph_runs_on_it():
    """All randomisation: the same goals, the same trials, and from nearly the same markers nearly the same poses."""
    cpu, gpu = (environment(kind, "cpu", BATCH, "all", {"start_states": POOL}) for kind in ("cpu", "warp"))
    a, b = Driver(cpu), Driver(gpu)
    for _ in range(6):
        assert a.step() == pytest.approx(b.step(), abs=1e-5)
        one, other = cpu.latest, gpu.latest
        assert np.array_equal(one["trial"].trial_id, other["trial"].trial_id)
        assert np.array_equal(one["trial"].state, other["trial"].state)
        assert np.allclose(one["goal"].orientation, other["goal"].orientation, atol=1e-3)
        assert np.array_equal(one["mocap/markers"].condition, other["mocap/markers"].condition)
        assert np.allclose(one["fingertips"].position, other["fingertips"].position, atol=1e-3)
        assert np.allclose(one["object/pose"].position, other["object/pose"].position, atol=1e-3)
