"""The pool of start states: on the palm, cached, independent of the machine."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inhand_core.config import load_config
from inhand_description import ModelConfig, build_model
from inhand_sim.layout import find_layout
from inhand_sim.scene import is_dropped
from inhand_sim.start_states import StartStateConfig, load_start_states, simulate_start_states

CONFIG = load_config(StartStateConfig, {"size": 6, "random_steps": 5, "smoothing": 0.3, "seed": 3})


def test_states_hold_the_object_in_many_orientations():
    model = build_model(ModelConfig())
    layout = find_layout(model)
    states = simulate_start_states(CONFIG, model)
    assert states.qpos.shape == (6, model.nq) and states.qvel.shape == (6, model.nv)
    assert not is_dropped(layout, states.qpos[:, layout.object_qpos[:3]]).any()
    turns = states.qpos[:, layout.object_qpos[3:]]
    assert (np.abs(turns @ turns.T) < 0.999)[~np.eye(6, dtype=bool)].all()


def test_second_use_reads_the_cache(tmp_path):
    first = load_start_states(CONFIG, ModelConfig(), tmp_path)
    (file,) = tmp_path.glob("*.npz")
    written = file.stat().st_mtime_ns
    again = load_start_states(CONFIG, ModelConfig(), tmp_path)
    assert np.array_equal(first.qpos, again.qpos) and np.array_equal(first.qvel, again.qvel)
    assert file.stat().st_mtime_ns == written


def test_another_model_or_pool_has_another_file(tmp_path):
    load_start_states(CONFIG, ModelConfig(), tmp_path)
    load_start_states(CONFIG, ModelConfig(timestep=0.004), tmp_path)
    load_start_states(load_config(StartStateConfig, {**CONFIG.__dict__, "seed": 4}), ModelConfig(), tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 3


def test_processes_that_need_the_same_pool_make_it_once(tmp_path):
    made = []

    def make(config, model, simulate=simulate_start_states):
        made.append(1)
        return simulate(config, model)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(3) as pool:
        patch.setattr("inhand_sim.start_states.simulate_start_states", make)
        states = list(pool.map(lambda _: load_start_states(CONFIG, ModelConfig(), tmp_path), range(3)))
    assert len(made) == 1 and all(np.array_equal(s.qpos, states[0].qpos) for s in states)


def test_unwritable_cache_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    states = load_start_states(CONFIG, ModelConfig(), tmp_path / "file" / "cache")
    assert len(states.qpos) == 6


def test_hopeless_pool_is_an_error(monkeypatch):
    monkeypatch.setattr("inhand_sim.start_states.is_dropped", lambda layout, position: np.ones(len(position), bool))
    monkeypatch.setattr("inhand_sim.start_states._ATTEMPTS", 2)
    with pytest.raises(RuntimeError, match="does not stay on the palm"):
        simulate_start_states(CONFIG, build_model(ModelConfig()))
