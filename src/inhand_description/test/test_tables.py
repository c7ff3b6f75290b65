"""Names, orders and numbers of the tables, and their agreement with the compiled model."""

import mujoco
import numpy as np
import pytest

from inhand_description import (
    ACTUATOR_NAMES,
    ACTUATORS,
    CALIBRATION,
    CAMERAS,
    COUPLINGS,
    DROP,
    HALL_CHANNELS,
    HAND_BASE,
    JOINT_NAMES,
    JOINTS,
    LIGHTS,
    NAILS,
    OBJECTS,
    START,
    ModelConfig,
    actuator_matrix,
    build_model,
    hall_channel_joints,
    joint_ranges,
    markers,
)
from inhand_description.hall import described_tables, joint_angles, joint_raw


def test_orders_are_shadows():
    fingers = [f"rh_{f}J{n}" for f in ("FF", "MF", "RF") for n in (4, 3, 2, 1)]
    five = [f"rh_{f}J{n}" for f in ("LF", "TH") for n in (5, 4, 3, 2, 1)]
    assert list(JOINT_NAMES) == ["rh_WRJ2", "rh_WRJ1", *fingers, *five]
    assert len(ACTUATOR_NAMES) == 20 and ACTUATOR_NAMES[4] == "rh_FFJ0" and ACTUATOR_NAMES[14] == "rh_LFJ0"
    assert len(HALL_CHANNELS) == 26 and HALL_CHANNELS[1:3] == ("rh_WRJ1_A", "rh_WRJ1_B")
    assert [m.id for m in markers("block")] == [m.id for m in markers("prism")] == list(range(17))


def test_every_number_has_a_source():
    for row in (
        *JOINTS,
        *ACTUATORS,
        *COUPLINGS,
        *CALIBRATION,
        *markers("prism"),
        *NAILS,
        *CAMERAS,
        *LIGHTS,
        *(thing.row for thing in OBJECTS.values()),
        START,
        DROP,
        HAND_BASE,
    ):
        assert len(row.source) > 20, row


def test_model_follows_the_tables(block):
    assert [block.joint(i).name for i in range(24)] == list(JOINT_NAMES)
    assert [block.actuator(i).name for i in range(20)] == list(ACTUATOR_NAMES)
    assert np.array_equal(block.jnt_range[:24], joint_ranges())
    assert np.allclose(block.dof_damping[:24], [row.damping for row in JOINTS])
    assert np.allclose(block.actuator_gainprm[:, 0], [row.kp for row in ACTUATORS])
    assert np.allclose(block.actuator_biasprm[:, 2], [-row.kd for row in ACTUATORS])
    assert np.allclose(block.actuator_forcerange[:, 1], [row.force for row in ACTUATORS])
    assert np.allclose(block.jnt_pos[:24], 0.0)


def test_coupled_actuators_measure_the_sum(hand):
    data = mujoco.MjData(hand)
    data.qpos[:] = np.random.default_rng(0).uniform(*joint_ranges().T)
    mujoco.mj_forward(hand, data)
    assert np.allclose(data.actuator_length, actuator_matrix() @ data.qpos)


def angles_from_hall(hall):
    return joint_angles(described_tables(), joint_raw(hall))


def hall_from_angles(position):
    """By NumPy, of angles within the tables."""
    columns = [
        np.interp(position[:, i], *(np.array([t.angle, t.raw])[:, np.argsort(t.angle)]))
        for i, t in enumerate(described_tables())
    ]
    return np.stack(columns, axis=-1)[:, hall_channel_joints()]


def test_calibration_is_inverse_and_averages_doubled_channels():
    q = np.random.default_rng(1).uniform(*joint_ranges().T, (200, 24))
    hall = hall_from_angles(q)
    assert np.allclose(angles_from_hall(hall), q, atol=1e-12)
    assert hall.min() > 500 and hall.max() < 3600
    channels = np.flatnonzero(hall_channel_joints() == JOINT_NAMES.index("rh_THJ5"))
    apart = hall.copy()
    apart[:, channels] += [[-7.0, 7.0]]
    assert np.allclose(angles_from_hall(apart), q, atol=1e-12)
    slopes = {np.sign(row.angle[1] - row.angle[0]) for row in CALIBRATION}
    assert slopes == {-1.0, 1.0}


def test_rounding_to_counts_costs_little():
    q = np.random.default_rng(2).uniform(*joint_ranges().T, (200, 24))
    assert np.abs(angles_from_hall(np.round(hall_from_angles(q))) - q).max() < 1e-3


@pytest.mark.parametrize("name", ["block", "prism"])
def test_objects_have_the_stated_mass_and_size(name):
    model = build_model(ModelConfig(object=name))
    row = OBJECTS[name]
    assert model.body("object").mass == pytest.approx(row.mass)
    assert np.allclose(row.vertices.max(axis=0)[2], row.half_size[2])
    normals = np.array([face.normal for face in row.faces])
    support = (row.vertices @ normals.T).max(axis=0)
    assert np.allclose(support, row.half_size[0]), "every face lies 25 mm from the centre"
    assert len({face.rgb for face in row.faces}) == len(row.faces) == {"block": 6, "prism": 10}[name]
    volume = {"block": 0.05**3, "prism": 8 * 0.025**2 * np.tan(np.pi / 8) * 0.05}[name]
    assert row.mass / volume == pytest.approx(567.0, rel=1e-3)


@pytest.mark.parametrize("name", ["block", "prism"])
def test_object_markers_fix_its_orientation(name):
    """No rotation but the identity maps the marker constellation onto itself."""
    from scipy.spatial.transform import Rotation

    places = np.array([row.position for row in markers(name) if row.body == "object"])
    for rotation in Rotation.create_group("O"):
        moved = rotation.apply(places)
        if rotation.magnitude() > 1e-6:
            nearest = np.linalg.norm(moved[:, None] - places[None], axis=-1).min(axis=1)
            assert nearest.max() > 1e-3 or np.abs(moved - places).max() > 1e-3


def test_marker_places_agree_with_the_model(block):
    for row in markers("block"):
        site = block.site(f"marker_{row.id}").id
        assert block.body(block.site_bodyid[site]).name == row.body
        assert np.allclose(block.site_pos[site], row.position)
