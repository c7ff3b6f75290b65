"""The drop-in against scipy and against the laws that the documentation of tf_transformations states."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

import tf_transformations as tf

RNG = np.random.default_rng(7)
QUATERNIONS = Rotation.random(20, random_state=3).as_quat()


def same_rotation(q0, q1, atol=1e-12):
    return np.allclose(q0, q1, atol=atol) or np.allclose(q0, -np.asarray(q1), atol=atol)


@pytest.mark.parametrize("q", QUATERNIONS)
def test_matrix_is_scipys_and_round_trips(q):
    matrix = tf.quaternion_matrix(q)
    assert np.allclose(matrix[:3, :3], Rotation.from_quat(q).as_matrix())
    assert np.array_equal(matrix[3], [0, 0, 0, 1]) and np.array_equal(matrix[:3, 3], [0, 0, 0])
    assert same_rotation(tf.quaternion_from_matrix(matrix), q)


def test_length_of_a_quaternion_does_not_matter_to_its_matrix():
    assert np.allclose(tf.quaternion_matrix(3.0 * QUATERNIONS[0]), tf.quaternion_matrix(QUATERNIONS[0]))


def test_documented_values():
    # The examples of the documentation, reordered there to x, y, z, w.
    assert np.allclose(tf.quaternion_from_euler(1, 2, 3, "ryxz"), [0.310622, -0.718287, 0.444435, 0.435953])
    assert np.allclose(tf.quaternion_about_axis(0.123, (1, 0, 0)), [0.06146124, 0, 0, 0.99810947])
    assert np.allclose(tf.quaternion_multiply([1, -2, 3, 4], [-5, 6, 7, 8]), [-44, -14, 48, 28])
    assert np.allclose(tf.euler_from_quaternion([0.06146124, 0, 0, 0.99810947]), [0.123, 0, 0])


@pytest.mark.parametrize("axes, scipys", [("sxyz", "xyz"), ("rzyx", "ZYX"), ("szxz", "zxz")])
def test_euler_angles_follow_the_axes_code(axes, scipys):
    angles = [0.3, 0.8, -1.1]
    expected = Rotation.from_euler(scipys, angles).as_quat()
    assert same_rotation(tf.quaternion_from_euler(*angles, axes), expected)
    assert np.allclose(tf.euler_from_quaternion(expected, axes), angles)
    assert np.allclose(tf.euler_from_matrix(tf.euler_matrix(*angles, axes), axes), angles)


@pytest.mark.parametrize("q", QUATERNIONS[:5])
def test_inverse_and_conjugate_undo(q):
    long = 2.5 * q
    assert np.allclose(tf.quaternion_multiply(long, tf.quaternion_inverse(long)), [0, 0, 0, 1])
    assert np.allclose(tf.quaternion_conjugate(q), [-q[0], -q[1], -q[2], q[3]])


def test_product_applies_the_right_factor_first():
    q1, q0 = QUATERNIONS[:2]
    assert np.allclose(
        tf.quaternion_matrix(tf.quaternion_multiply(q1, q0)),
        tf.concatenate_matrices(tf.quaternion_matrix(q1), tf.quaternion_matrix(q0)),
    )


@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_slerp_is_scipys(fraction):
    q0, q1 = QUATERNIONS[4:6]
    expected = Slerp([0, 1], Rotation.from_quat([q0, q1]))(fraction).as_quat()
    assert same_rotation(tf.quaternion_slerp(q0, q1, fraction), expected)
    assert same_rotation(tf.quaternion_slerp(q0, -q1, fraction), expected), "the short way round"


def test_slerp_the_long_way_round_and_between_equals():
    q0, q1 = np.array([0.0, 0, 0, 1]), tf.quaternion_about_axis(-math.pi / 2, (0, 0, 1))
    middle = tf.quaternion_slerp(q0, -q1, 0.5, shortestpath=False)
    assert same_rotation(middle, tf.quaternion_about_axis(3 * math.pi / 4, (0, 0, 1)))
    assert np.array_equal(tf.quaternion_slerp(q0, q0, 0.3), q0)


def test_translation_rotation_and_inverse():
    vector, axis, point = RNG.normal(size=(3, 3))
    assert np.array_equal(tf.translation_from_matrix(tf.translation_matrix(vector)), vector)
    turn = tf.rotation_matrix(0.7, axis, point)
    assert np.allclose(turn @ [*point, 1.0], [*point, 1.0]), "the point on the axis stays"
    expected = Rotation.from_rotvec(0.7 * tf.unit_vector(axis)).as_matrix()
    assert np.allclose(turn[:3, :3], expected)
    assert tf.is_same_transform(tf.concatenate_matrices(turn, tf.inverse_matrix(turn)), tf.identity_matrix())
    assert not tf.is_same_transform(turn, tf.identity_matrix())
    assert tf.is_same_transform(2.0 * turn, turn)
