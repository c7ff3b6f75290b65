"""The simulators: rows equal single runs, threads do not matter, resets, restore, derived constants, bad worlds."""

import mujoco
import numpy as np
import pytest
from mujoco.batch import MODEL_FIELDS
from sims import ALL, POOL, make_realtime, make_training

from inhand_core import rotations
from inhand_core.config import ConfigError
from inhand_core.signals import HandAction, Markers, MotorCommands
from inhand_description import JOINT_INDEX, build_spec
from inhand_sim.worlds import MAX_BAD_STATES

STEPS = 6


def actions(batch, seed=7):
    values = np.random.default_rng(seed).uniform(-1, 1, (STEPS, 64, 20))[:, :batch]
    return [HandAction(a, np.full((batch, 20), -1), np.zeros(batch, int)) for a in values]


def drive(sim, inputs, reset_at=3, reset_rows=(0, 5)):
    """Steps through `inputs`, with a reset of some rows on the way; everything that can be seen, row by row."""
    seen = []
    for k, given in enumerate(inputs):
        if k == reset_at:
            sim.reset(np.isin(np.arange(sim.batch), reset_rows))
        out = sim.step(given, 0.08)
        signals = [np.asarray(getattr(s, f)) for s in out.values() for f in s.__dataclass_fields__]
        seen.append(np.concatenate([x.reshape(sim.batch, -1) for x in signals] + [sim.worlds.state], axis=1))
    return seen


def equal(a, b, rows=slice(None)):
    return all(np.array_equal(x[rows], y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("groups", [ALL, ()])
def test_training_row_equals_the_single_run(groups):
    many = drive(make_training(64, groups), [{"action": a} for a in actions(64)])
    alone = drive(make_training(1, groups), [{"action": a} for a in actions(1)])
    assert equal(many, alone, slice(0, 1))


def test_realtime_row_equals_the_single_run():
    torque = np.random.default_rng(1).normal(0, 0.2, (40, 64, 20))
    many = drive(make_realtime(64), [{"motor_commands": MotorCommands(t)} for t in torque], 21)
    alone = drive(make_realtime(1), [{"motor_commands": MotorCommands(t[:1])} for t in torque], 21)
    assert equal(many, alone, slice(0, 1))


def test_threads_do_not_matter():
    one = drive(make_training(16), [{"action": a} for a in actions(16)])
    three = drive(make_training(16, threads=3), [{"action": a} for a in actions(16)])
    assert equal(one, three)


def test_restore_repeats_bit_for_bit():
    sim = make_training(8)
    inputs = [{"action": a} for a in actions(8)]
    drive(sim, inputs)
    saved = sim.save()
    first = drive(sim, inputs)
    sim.restore(saved)
    assert equal(first, drive(sim, inputs))


def test_other_seeds_give_other_episodes():
    a, b = make_training(8), make_training(8, seed=1)
    assert not np.intersect1d(a.state.draw.damping, b.state.draw.damping).size


def test_reset_rows_show_their_start_and_others_go_on():
    sim = make_training(4)
    sim.step({}, 0.08)
    sim.step({}, 0.08)
    before, draw = sim.worlds.state.copy(), sim.state.draw.damping.copy()
    sim.reset(np.array([True, False, False, False]))
    start = sim.worlds.state[0].copy()
    sim.step({}, 0.08)
    assert np.array_equal(sim.worlds.state[0], start)
    assert not (sim.worlds.state[1:] == before[1:]).all(axis=1).any()
    assert (sim.state.draw.damping[0] != draw[0]).all() and (sim.state.draw.damping[1:] == draw[1:]).all()


def test_without_randomisation_the_world_is_nominal():
    sim = make_training(4, ())
    assert (sim.physics_parameters() == 0.0).all() and (sim.joint_parameters() == 0.0).all()
    out = sim.step({}, 0.08)["markers"]
    assert isinstance(out, Markers) and (out.condition > 0).all()
    assert sim.worlds.bind("time") == pytest.approx(0.0)
    sim.step({}, 0.08)
    assert sim.worlds.bind("time") == pytest.approx(0.080)


def test_step_lasts_80_ms_and_its_random_part():
    sim = make_training(512, ("unmodeled",))
    for _ in range(2):
        sim.step({}, 0.08)
    extra = sim.worlds.bind("time").ravel() - 0.080
    assert extra.min() > 0.0
    assert (extra / (10 * sim.state.draw.timing_mean)).mean() == pytest.approx(1.0, abs=0.1)
    assert sim.state.draw.timing_mean.min() >= 1 / 10_000 and sim.state.draw.timing_mean.max() <= 1 / 1250


def test_scale_narrows_the_draw():
    sim = make_training(256, ("physics",))
    sim.randomization_scale[:] = 0.5
    sim.reset(np.ones(256, bool))
    low, high = np.sqrt(0.3), np.sqrt(3.0)
    damping = sim.state.draw.damping
    assert damping.min() >= low and damping.max() <= high and damping.min() < low * 1.02 and damping.max() > high * 0.98
    assert np.abs(sim.state.draw.size - 1.0).max() <= 0.025


@pytest.mark.parametrize("object_name", ["block", "prism"])
def test_model_of_a_world_equals_one_compiled_for_it(object_name):
    """Every field of a world's model, those that MuJoCo derives included, against a model compiled with the draw."""
    sim = make_training(2, ("physics", "observation_noise"), object=object_name)
    draw, body, nominal = sim.state.draw, sim.layout.object_body, sim.model
    for row in range(2):
        spec = build_spec(sim.config.model_config("servo", sim.config.timestep))
        for geom in spec.body("object").geoms:
            geom.size, geom.pos = geom.size * draw.size[row], geom.pos * draw.size[row]
        expected = spec.compile()
        expected.body_mass[:] = nominal.body_mass * draw.mass[row]
        expected.body_inertia[:] = nominal.body_inertia * draw.mass[row][:, None]
        expected.body_inertia[body] *= draw.size[row] ** 2
        of_object = nominal.geom_bodyid == body
        expected.geom_friction[:] = nominal.geom_friction * np.where(of_object, *draw.friction[row][::-1])[:, None]
        for pair in range(nominal.npair):
            geoms = [nominal.pair_geom1[pair], nominal.pair_geom2[pair]]
            if of_object[geoms].any():
                expected.pair_friction[pair] = expected.geom_friction[geoms].max(0)[[0, 0, 1, 2, 2]]
            else:
                expected.pair_friction[pair] *= draw.friction[row, 0]
        got = sim.worlds.get_model(row)
        for name in ("dof_damping", "actuator_gainprm", "actuator_biasprm", "jnt_range", "site_pos"):
            getattr(expected, name)[:] = getattr(got, name)
        expected.opt.gravity = nominal.opt.gravity + draw.gravity[row]
        mujoco.mj_setConst(expected, mujoco.MjData(expected))
        for name in MODEL_FIELDS:
            source = (got.opt, expected.opt, name[4:]) if name.startswith("opt.") else (got, expected, name)
            a, b = (np.asarray(getattr(model, source[2])) for model in source[:2])
            if a.dtype.kind in "fiub":
                assert np.allclose(a, b, rtol=1e-9, atol=1e-12), name


def test_the_larger_friction_of_hand_and_object_is_the_contacts():
    sim = make_training(512, ("physics",))
    draw = sim.state.draw.friction
    assert abs(np.corrcoef(draw.T)[0, 1]) < 0.2
    tips = [i for i in range(sim.model.npair) if sim.model.pair_dim[i] == 4 and "object" in names_of(sim.model, i)]
    palm = [i for i in range(sim.model.npair) if sim.model.pair_dim[i] == 3 and "object" in names_of(sim.model, i)]
    friction = sim.worlds.expanded("pair_friction")
    assert len(tips) == 5 and len(palm) > 5
    np.testing.assert_allclose(friction[:, tips + palm, 0], np.repeat(draw.max(1)[:, None], len(tips + palm), 1))
    np.testing.assert_allclose(friction[:, tips, 2], 0.025 * np.repeat(draw[:, :1], 5, 1))
    assert sim.physics_parameters()[:, 2] == pytest.approx(np.log(draw.max(1)))


def names_of(model, pair):
    return {model.geom(int(geoms[pair])).name for geoms in (model.pair_geom1, model.pair_geom2)}


def test_one_friction_for_all_and_tips_as_before_can_be_had():
    sim = make_training(8, ("physics",), friction="all", fingertip_torsion=0.005)
    draw, nominal = sim.state.draw.friction, sim.model
    assert np.array_equal(draw[:, 0], draw[:, 1]) and nominal.pair_friction[:, 2].max() < 0.025
    np.testing.assert_array_equal(sim.worlds.expanded("pair_friction"), nominal.pair_friction * draw[:, :1, None])


def test_joint_limits_never_cross():
    sim = make_training(512, ("physics",), start_states={**POOL, "own_world": False})
    limits = sim._models.limits(np.arange(512))
    assert (limits[..., 1] - limits[..., 0]).min() == pytest.approx(sim.config.ranges.physics.min_joint_span)
    angles = sim.truth().joint_position
    assert (angles >= limits[..., 0]).all() and (angles <= limits[..., 1]).all()


def test_locked_wrist_stays_locked():
    sim = make_training(64, ("physics",), locked_wrist=True)
    pitch, deviation = (JOINT_INDEX[name] for name in ("rh_WRJ1", "rh_WRJ2"))
    limits, nominal = sim._models.limits(np.arange(64)), sim.model.jnt_range[sim.layout.joints]
    assert np.ptp(nominal[pitch]) < 0.1 and (limits[:, pitch] == nominal[pitch]).all()
    assert np.ptp(nominal[deviation]) > 0.1 and (limits[:, deviation] != nominal[deviation]).any()


def test_published_markers_do_not_change_afterwards():
    sim = make_training(4)
    markers = sim.step({}, 0.08)["markers"]
    before = markers.position.copy()
    sim.reset(np.ones(4, bool))
    sim.step({}, 0.08)
    assert np.array_equal(markers.position, before)


def on_object(sim):
    """Indices of the markers on the object."""
    return np.flatnonzero(sim.model.site_bodyid[sim.layout.marker_sites] == sim.layout.object_body)


def object_markers(sim):
    """(B, 8, 3) where the object's true pose puts its markers [m, world]."""
    truth, layout = sim.truth(), sim.layout
    centre = layout.base_position + rotations.rotate(layout.base_orientation[None], truth.object_position)
    local = sim.model.site_pos[layout.marker_sites[on_object(sim)]]
    turn = rotations.multiply(layout.base_orientation[None], truth.object_orientation)
    return centre[:, None] + rotations.rotate(turn[:, None], local[None])


def test_truth_agrees_with_the_markers():
    sim = make_realtime(3, ())
    frames = 0
    for _ in range(9):
        if (markers := sim.step({}, 0.0025).get("markers")) is not None:
            assert np.allclose(markers.position[:, on_object(sim)], object_markers(sim), atol=1e-9)
            frames += 1
    assert frames >= 5


def test_training_sees_the_markers_one_physics_step_late():
    late, early = make_training(3, ()), make_training(3, (), substeps=9)
    for sim in (late, early):
        sim.step({}, 0.08)
    action = {"action": actions(3)[0]}
    markers = late.step(action, 0.08)["markers"].position[:, on_object(late)]
    early.step(action, 0.08)
    assert np.allclose(markers, object_markers(early), atol=1e-9)
    assert not np.allclose(markers, object_markers(late), atol=1e-6)


def test_truth_velocities_are_derivatives():
    sim = make_training(2, (), timestep=1e-5, substeps=1)
    rows = np.arange(2)
    sim.place_object(rows, np.tile([0.0, -0.3, 0.38], (2, 1)), rotations.normalize(np.ones((2, 4))))
    sim.worlds.bind("qvel")[:, sim.layout.object_dofs] = [0.1, 0.2, 0.3, 2.0, -1.0, 0.5]
    sim.step({}, 1e-5)
    a = sim.truth()
    sim.step({}, 1e-5)
    b = sim.truth()
    assert np.allclose((b.object_position - a.object_position) / 1e-5, b.object_velocity, atol=1e-3)
    turn = rotations.to_rotation_vector(rotations.relative(b.object_orientation, a.object_orientation)) / 1e-5
    assert np.allclose(turn, b.object_angular_velocity, atol=1e-3)


def test_placed_object_is_where_it_was_put():
    sim = make_realtime(2, ())
    position, orientation = np.array([[0.01, -0.04, 0.37]]), rotations.normalize(np.array([[1.0, 2.0, 3.0, 4.0]]))
    sim.place_object(np.array([1]), position, orientation)
    truth = sim.truth()
    assert np.allclose(truth.object_position[1], position) and np.allclose(truth.object_orientation[1], orientation)
    assert np.allclose(truth.object_velocity[1], 0.0)


def test_bad_world_is_counted_kept_and_put_back():
    sim = make_training(3, ())
    sim.step({}, 0.08)
    sim.worlds.bind("qvel")[1] = np.inf
    sim.step({}, 0.08)
    assert sim.diverged.tolist() == [False, True, False] and sim.bad_worlds == 1
    (bad,) = sim.take_bad_states()
    assert bad.row == 1 and np.isinf(bad.before).any() and sim.take_bad_states() == []
    sim.step({}, 0.08)
    assert not sim.diverged.any() and np.isfinite(sim.worlds.state).all()


def test_bad_states_kept_are_bounded():
    sim = make_training(2 * MAX_BAD_STATES, ())
    sim.step({}, 0.08)
    sim.worlds.bind("qvel")[:] = np.inf
    sim.step({}, 0.08)
    assert sim.bad_worlds == 2 * MAX_BAD_STATES and len(sim.take_bad_states()) == MAX_BAD_STATES


def test_random_forces_push_the_object_alone():
    sim = make_training(256, ("unmodeled",))
    for _ in range(5):
        sim.step({}, 0.08)
    force = sim.worlds.bind("xfrc_applied")
    body = sim.layout.object_body
    assert (np.delete(force, body, axis=1) == 0.0).all() and (force[:, body, 3:] == 0.0).all()
    pushed = (force[:, body, :3] != 0.0).any(axis=1)
    assert 0.02 < pushed.mean() < 0.5
    mass = sim.model.body_mass[body] * sim.state.draw.mass[:, body]
    assert np.allclose(force[:, body, :3], sim.state.force * mass[:, None])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"object": "ball"}, "'ball' is not one of"),
        ({"friction": "none"}, "'none' is not one of"),
        ({"fingertip_torsion": -0.1}, "fingertip_torsion"),
        ({"start_states": {"size": 1, "random_steps": 1, "smoothing": 0.3, "seed": 1, "ahead": -1.0}}, "ahead"),
        ({"threads": -1}, "threads"),
        ({"substeps": 0}, "substeps"),
        ({"randomization": ["fysics"]}, "fysics"),
        ({"start_states": {"size": 0, "random_steps": 1, "smoothing": 0.3, "seed": 1}}, "size"),
    ],
)
def test_wrong_configuration_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        make_training(1, **change) if "randomization" not in change else make_training(1, change["randomization"])
