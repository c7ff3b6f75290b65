"""Trials through the real graph, with an untrained policy and little time."""

import dataclasses
import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from inhand_core.config import ConfigError
from inhand_core.signals import EndReason
from inhand_core.task import load_tasks
from inhand_description import JOINT_INDEX, LOCKED_WRIST
from inhand_eval.commands import policy
from inhand_eval.film import CROP, RATE, Film
from inhand_eval.interrupted import Interrupted
from inhand_eval.trials import Protocol, build_graph, described, run_trials
from inhand_policy.export import initial_weights
from inhand_policy.network import NetworkSizes
from inhand_policy.weights import save_weights

TUMBLED = {"sim": {"start_states": {"size": 4, "random_steps": 60, "smoothing": 0.7, "seed": 5}}}
STARTS = {"sim": {"start_states": {"size": 4, "random_steps": 3, "smoothing": 0.3, "seed": 5}}}


@pytest.fixture
def protocol(tmp_path):
    save_weights(tmp_path / "p.safetensors", initial_weights(0, sizes=NetworkSizes(16, 16)))
    return Protocol(str(tmp_path / "p.safetensors"), 3, "all", "block", 0.8, 50, 7, True, 1, overrides=STARTS)


def test_trials_repeat_and_end_in_time(protocol):
    first, again = run_trials(protocol), run_trials(protocol)
    np.testing.assert_array_equal(first.seconds, again.seconds)
    np.testing.assert_array_equal(first.goals, again.goals)
    late = first.reason == EndReason.TIMEOUT
    np.testing.assert_allclose(first.seconds[late & (first.goals == 0)], 0.8)
    assert set(first.reason) <= {EndReason.TIMEOUT, EndReason.DROPPED}


def test_a_trial_does_not_depend_on_how_many_run_beside_it(protocol):
    three = run_trials(protocol)
    one = run_trials(dataclasses.replace(protocol, trials=1))
    assert (one.goals[0], one.seconds[0], one.reason[0]) == (three.goals[0], three.seconds[0], three.reason[0])


def test_what_goes_on_beside_a_trial_does_not_matter(protocol):
    longer = dataclasses.replace(
        protocol, trials=8, timeout_s=4.8, randomization="physics,unmodeled", overrides=TUMBLED
    )

    def wake_all(graph):
        graph.component("sim").asleep[:] = False
        graph.step()

    awake, asleep = run_trials(longer, stepper=SimpleNamespace(step=wake_all)), run_trials(longer)
    for name in ("goals", "seconds", "reason"):
        np.testing.assert_array_equal(getattr(awake, name), getattr(asleep, name))
    assert len(set(asleep.seconds)) > 1  # some slept while others went on


def test_real_time_profile_is_played_with_the_controller_enabled(protocol):
    graph = build_graph(dataclasses.replace(protocol, profile="realtime"))
    graph.run(0.8)
    assert (np.abs(graph.latest["hand/motor_commands"].torque).max(axis=1) > 1e-3).all()
    results = run_trials(dataclasses.replace(protocol, profile="realtime"))
    assert set(results.reason) <= {EndReason.TIMEOUT, EndReason.DROPPED}
    late = results.reason == EndReason.TIMEOUT
    np.testing.assert_allclose(results.seconds[late & (results.goals == 0)], 0.8)


def test_unknown_group_is_named(protocol):
    with pytest.raises(ConfigError, match="weather"):
        run_trials(dataclasses.replace(protocol, randomization="weather"))


def test_command_writes_the_deterministic_policy_at_the_top(protocol, tmp_path, monkeypatch):
    monkeypatch.setattr("inhand_eval.trials.load_graph", _quick_graph)
    out = tmp_path / "deep/out.json"
    policy(protocol.weights, trials=2, randomization="none", timeout=0.8, json=out, threads=1)
    report = json.loads(out.read_text())
    assert {"mean", "std", "median", "trials", "ends", "mean_interval_95", "protocol"} <= set(report)
    assert len(report["trials"]) == len(report["sampled"]["trials"]) == 2
    assert report["protocol"]["timeout_s"] == 0.8


def test_film_shows_the_trial_from_its_begin_to_its_end(protocol, tmp_path):
    film = Film(1)
    results = run_trials(protocol, watch=film.watch)
    assert len(film.qpos) == pytest.approx(results.seconds[1] * RATE, abs=1)
    assert not np.array_equal(film.qpos[0], film.qpos[-1]) and film.achieved[-1] <= results.goals[1]
    for name in ("strip.png", "film.mp4", "film.webp"):
        film.write(tmp_path / name, "block", "classic")
    strip = cv2.imread(str(tmp_path / "strip.png"))
    assert strip.std() > 10.0 and strip.shape[0] == CROP
    film_file = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    assert int(film_file.get(cv2.CAP_PROP_FRAME_COUNT)) == len(film.qpos)
    assert Image.open(tmp_path / "film.webp").n_frames == len(film.qpos)


def test_film_of_another_ending_is_refused_before_the_trials(protocol, tmp_path):
    with pytest.raises(ValueError, match=".gif"):
        policy(protocol.weights, film=tmp_path / "film.gif")


def test_the_pitch_of_a_locked_wrist_does_not_move(protocol):
    film = Film(0)
    run_trials(dataclasses.replace(protocol, locked_wrist=True), watch=film.watch)
    pitch = np.array(film.qpos)[:, JOINT_INDEX["rh_WRJ1"]]
    assert np.abs(pitch - LOCKED_WRIST["rh_WRJ1"]).max() < 0.03


def _quick_graph(profile, **changes):
    from inhand_core.graph_spec import load_graph

    spec = load_graph(profile, **changes)
    components = tuple(
        dataclasses.replace(c, overrides={**c.overrides, **STARTS["sim"]}) if c.name == "sim" else c
        for c in spec.components
    )
    return dataclasses.replace(spec, components=components)


def test_the_results_name_goals_and_task(protocol):
    told = described(dataclasses.replace(protocol, goals="face_up", task="one_friction,little_torsion"))
    assert told["goals"] == "face_up" and told["task"] == f"one_friction,little_torsion/{load_tasks().version}"
    assert described(protocol)["task"] == f"published/{load_tasks().version}"


def test_goals_and_task_reach_the_graph(protocol):
    before = build_graph(dataclasses.replace(protocol, goals="face_up", task="as_before", randomization="all"))
    assert before.component("goal").config.mode == "face_up"
    sim, links = before.component("sim"), list(before.runners["smoother"].output_links.links())
    assert sim.config.friction == "all" and sim.model.pair_friction[:, 2].max() < 0.025
    assert [type(link).__name__ for link in links] == ["ActionNoise", "ActionDelay", "Backlash"]
    assert links[2].config.increment == "clipped" and (links[2].config.log_deltas() == 3.0).all()
    assert links[0].config.clipped and sim.state.settling is None
    now = build_graph(dataclasses.replace(protocol, randomization="all"))
    assert now.component("sim").state.settling is not None


@pytest.mark.parametrize(("change", "message"), [({"goals": "up"}, "'up' is not one of"), ({"task": "easy"}, "easy")])
def test_unknown_goals_and_tasks_are_refused(protocol, change, message):
    with pytest.raises(ConfigError, match=message):
        dataclasses.replace(protocol, **change)


class Killed(Exception):
    """Stands for the end of the process."""


def test_an_interrupted_evaluation_goes_on_to_the_same_results(protocol, tmp_path):
    longer = dataclasses.replace(protocol, trials=4, timeout_s=2.4, randomization="all", overrides=TUMBLED)
    whole, steps = run_trials(longer), []

    def kill(graph):
        steps.append(graph.time_ns)
        if len(steps) == 17:
            raise Killed

    def store():
        return Interrupted(tmp_path / "trials", ("these", 4), every_s=0.0)

    with pytest.raises(Killed):
        run_trials(longer, watch=kill, interrupted=store())
    before = len(steps)
    again = run_trials(longer, watch=lambda graph: steps.append(graph.time_ns), interrupted=store())
    for name in ("goals", "seconds", "reason"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))
    assert steps[before] == steps[before - 1]  # the step that was cut off is made again, none before it
    once_more = run_trials(longer, watch=kill, interrupted=store())
    np.testing.assert_array_equal(once_more.goals, whole.goals)
    assert Interrupted(tmp_path / "trials", ("others", 4)).load() is None
    (tmp_path / "trials").write_bytes(b"half a pic")
    assert store().load() is None
