"""Laws of rotations, with scipy as the reference."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from inhand_core import rotations


@pytest.fixture
def quaternions() -> np.ndarray:
    return Rotation.random(200, random_state=np.random.default_rng(1)).as_quat()


def same_rotation(a: np.ndarray, b: np.ndarray) -> bool:
    return np.allclose(np.abs(np.sum(a * b, axis=-1)), 1.0, atol=1e-12)


def test_product_rotate_and_matrix_agree_with_scipy(quaternions):
    a, b = quaternions[:100], quaternions[100:]
    vectors = np.random.default_rng(2).normal(size=(100, 3))
    assert same_rotation(rotations.multiply(a, b), (Rotation.from_quat(a) * Rotation.from_quat(b)).as_quat())
    assert np.allclose(rotations.rotate(a, vectors), Rotation.from_quat(a).apply(vectors))
    assert np.allclose(rotations.to_matrix(a), Rotation.from_quat(a).as_matrix())
    assert same_rotation(rotations.from_matrix(Rotation.from_quat(a).as_matrix()), a)


def test_half_turns_survive_the_matrix():
    for q in np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0], [0.6, 0.8, 0, 0]]):
        assert same_rotation(rotations.from_matrix(rotations.to_matrix(q)), q)


def test_group_axioms(quaternions):
    q = quaternions
    assert np.allclose(rotations.multiply(q, rotations.conjugate(q)), rotations.identity(q), atol=1e-12)
    assert np.allclose(rotations.distance(q, q), 0.0, atol=1e-7)
    assert np.allclose(rotations.distance(q, -q), 0.0, atol=1e-7)
    moved = rotations.multiply(rotations.relative(q[:100], q[100:]), q[100:])
    assert same_rotation(moved, q[:100])


def test_rotation_vectors_are_inverse_and_measure_the_angle(quaternions):
    v = rotations.to_rotation_vector(quaternions)
    assert same_rotation(rotations.from_rotation_vector(v), quaternions)
    assert np.allclose(rotations.norm(v), rotations.angle(quaternions))
    tiny = np.array([[1e-10, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert np.allclose(rotations.to_rotation_vector(rotations.from_rotation_vector(tiny)), tiny, atol=1e-16)


def test_w_first_conversion_is_inverse(quaternions):
    w_first = rotations.xyzw_to_wxyz(quaternions)
    assert np.array_equal(w_first[:, 0], quaternions[:, 3])
    assert np.array_equal(rotations.wxyz_to_xyzw(w_first), quaternions)


def test_zero_quaternion_normalizes_to_identity():
    assert np.array_equal(rotations.normalize(np.zeros((1, 4))), [[0.0, 0.0, 0.0, 1.0]])


def test_torch_equals_numpy(quaternions):
    torch = pytest.importorskip("torch")
    a, b = torch.from_numpy(quaternions[:100]), torch.from_numpy(quaternions[100:])
    assert np.allclose(rotations.relative(a, b).numpy(), rotations.relative(a.numpy(), b.numpy()), atol=1e-15)
    assert np.allclose(rotations.to_rotation_vector(a).numpy(), rotations.to_rotation_vector(a.numpy()), atol=1e-14)
    assert np.allclose(rotations.from_matrix(rotations.to_matrix(a)).numpy(), rotations.canonical(a).numpy())


@pytest.mark.parametrize("batch", [1, 3, 7, 64])
def test_a_row_of_a_batch_equals_the_row_alone(quaternions, batch):
    a, b = quaternions[:batch], quaternions[-batch:]
    whole = rotations.to_rotation_vector(rotations.relative(a, b))
    for i in range(batch):
        alone = rotations.to_rotation_vector(rotations.relative(a[i : i + 1], b[i : i + 1]))
        assert np.array_equal(whole[i : i + 1], alone)
