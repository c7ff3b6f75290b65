"""Physics by mujoco_warp on Warp's CPU device against MuJoCo: steps, roll-outs, per-world models, resets, failures."""

import sys

import mujoco
import numpy as np
import pytest
from sims import make_training
from warps import BATCH, ROOM, actions, make_warp

from inhand_core.config import ConfigError


@pytest.mark.parametrize("groups", [("observation_noise", "physics", "unmodeled"), ()])
def test_short_rollouts_agree(groups):
    """0.4 s with episodes' draws, random forces, step lengths and hidden markers, through the component's own step."""
    cpu, gpu = make_training(BATCH, groups), make_warp(groups=groups)
    seen = []
    for given in actions(6):
        a, b = (sim.step(given, 0.08)["markers"] for sim in (cpu, gpu))
        seen.append(a.condition)
        assert (a.condition == b.condition).all()
        assert np.abs(a.position - b.position).max() < 2e-4
    error = np.abs(cpu.worlds.bind("qpos") - gpu.worlds.bind("qpos")).max(axis=1)
    assert np.median(error) < 2e-5 and error.max() < 2e-3
    assert np.allclose(gpu.worlds.bind("time"), cpu.worlds.bind("time"), atol=1e-6)
    assert (np.min(seen) < 1.0) == bool(groups)


def test_every_field_of_a_world_reaches_the_device():
    """Also after resets of some rows, whose fields are sent alone."""
    sim = make_warp()
    names = [name for name in sim.worlds._fields if sim.worlds.expanded(name) is not None]
    assert {"body_mass", "body_subtreemass", "dof_invweight0", "pair_friction", "opt.gravity"} <= set(names)
    for rows in (range(BATCH), [1, 4]):
        sim.reset(np.isin(np.arange(BATCH), rows))
        for given in actions(2):
            sim.step(given, 0.08)
        for name in names:
            owner, key = sim.worlds._fields[name]
            want = sim.worlds.expanded(name)
            assert np.array_equal(getattr(owner, key).numpy().reshape(want.shape), want.astype(np.float32)), name


def test_row_equals_the_single_run():
    many, alone = make_warp(), make_warp(1)
    for given, one in zip(actions(4), actions(4, 1), strict=True):
        a, b = many.step(given, 0.08)["markers"], alone.step(one, 0.08)["markers"]
        assert np.array_equal(a.position[:1], b.position)
    assert np.array_equal(many.worlds.state[:1], alone.worlds.state)


def test_rows_that_do_not_step_stay():
    sim = make_warp()
    for given in actions(2):
        sim.step(given, 0.08)
    state, sites = sim.worlds.state.copy(), sim.worlds.bind("site_xpos").copy()
    sim.worlds.step(np.array([2, 5]), nstep=3)
    moved = (sim.worlds.state != state).any(axis=1)
    assert np.flatnonzero(moved).tolist() == [2, 5]
    assert np.flatnonzero((sim.worlds.bind("site_xpos") != sites).any(axis=(1, 2))).tolist() == [2, 5]


def test_restore_repeats_bit_for_bit():
    sim = make_warp()
    for given in actions(3):
        sim.step(given, 0.08)
    saved = sim.save()

    def run():
        for k, given in enumerate(actions(3)):
            if k == 1:
                sim.reset(np.isin(np.arange(BATCH), [0, 7]))
            sim.step(given, 0.08)
        return sim.worlds.state.copy()

    first = run()
    sim.restore(saved)
    assert np.array_equal(first, run())


def test_places_are_of_the_asked_stage():
    sim = make_warp(groups=())
    for given in actions(2):
        sim.step(given, 0.08)
    sim.worlds.step(nstep=1, stage=mujoco.mjtStage.mjSTAGE_POS.value)
    data = mujoco.MjData(sim.model)
    data.qpos[:] = sim.worlds.bind("qpos")[3]
    mujoco.mj_kinematics(sim.model, data)
    assert np.allclose(sim.worlds.bind("site_xpos")[3], data.site_xpos, atol=1e-9)


def test_bad_world_is_counted_and_put_back():
    sim = make_warp(3, groups=())
    for given in actions(1, 3):
        sim.step(given, 0.08)
    sim.worlds.bind("qvel")[1] = np.nan
    sim.step({}, 0.08)
    assert sim.diverged.tolist() == [False, True, False] and sim.bad_worlds == 1
    sim.step({}, 0.08)
    assert not sim.diverged.any() and np.isfinite(sim.worlds.state).all()


def test_too_little_room_is_seen():
    tight = make_warp(warp={**ROOM, "constraints": 4})
    tight.step({}, 0.08)
    tight.step({}, 0.08)
    assert tight.diverged.all()
    crowded = make_warp(warp={**ROOM, "contacts": 1})
    crowded.step({}, 0.08)
    with pytest.raises(RuntimeError, match="raise contacts"):
        crowded.step({}, 0.08)


@pytest.mark.parametrize("name", ["warp", "mujoco_warp"])
def test_missing_package_is_named(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ConfigError, match=f"'{name}', which is not installed: pip install mujoco-warp"):
        make_warp(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"physics": "gpu"}, r"'gpu' is not one of \['cpu', 'warp'\]"),
        ({"warp": {**ROOM, "device": "tpu"}}, r"no 'tpu' here; there are \['cpu'"),
        ({"warp": {**ROOM, "contacts": 0}}, "contacts and constraints must be >= 1"),
    ],
)
def test_wrong_configuration_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        make_warp(1, **change)


def test_fields_that_the_device_cannot_have_are_refused():
    worlds = make_warp(1).worlds
    with pytest.raises(ConfigError, match="no model field 'opt.iterations'"):
        worlds.expand("opt.iterations")
