"""Counter-based random numbers: distribution, independence, and rows that do not know of each other."""

import numpy as np
import pytest
from scipy import stats

from inhand_core.random import RowRandom, row_seeds


@pytest.mark.parametrize("batch", [1, 2, 5, 64, 257])
def test_a_row_draws_what_it_draws_alone(batch):
    seeds = row_seeds(3, batch)
    whole = RowRandom(seeds, "noise")
    draws = [whole.uniform((7,)), whole.normal((5, 3)), whole.exponential((4,)), whole.quaternion()]
    for b in range(batch):
        alone = RowRandom(seeds[b : b + 1], "noise")
        for all_rows, one in zip(
            draws, [alone.uniform((7,)), alone.normal((5, 3)), alone.exponential((4,)), alone.quaternion()], strict=True
        ):
            assert np.array_equal(all_rows[b : b + 1], one)


def test_seeds_do_not_depend_on_the_batch_size():
    assert np.array_equal(row_seeds(9, 100)[:10], row_seeds(9, 10))
    assert len(set(row_seeds(9, 10_000)) | set(row_seeds(10, 10_000))) == 20_000


def test_drawing_for_some_rows_leaves_the_others():
    seeds = row_seeds(0, 4)
    a, b = RowRandom(seeds, "x"), RowRandom(seeds, "x")
    a.normal((2,), rows=np.array([1, 3]))
    first, second = a.uniform((3,)), b.uniform((3,))
    assert np.array_equal(first[[0, 2]], second[[0, 2]])
    assert not np.any(first[[1, 3]] == second[[1, 3]])


def test_streams_and_calls_differ():
    seeds = row_seeds(0, 1000)
    a, b = RowRandom(seeds, "a"), RowRandom(seeds, "b")
    x, y, z = a.uniform()[:], b.uniform(), a.uniform()
    for left, right in ((x, y), (x, z)):
        assert abs(np.corrcoef(left, right)[0, 1]) < 0.1
        assert not np.any(left == right)


def test_distributions_pass_kolmogorov_smirnov():
    random = RowRandom(row_seeds(5, 400), "ks")
    assert stats.kstest(random.uniform((50,)).ravel(), "uniform").pvalue > 1e-3
    assert stats.kstest(random.normal((50,)).ravel(), "norm").pvalue > 1e-3
    assert stats.kstest(random.exponential((50,)).ravel(), "expon").pvalue > 1e-3
    quaternions = random.quaternion()
    assert np.allclose(np.linalg.norm(quaternions, axis=-1), 1.0)
    assert np.bincount(random.integers(6, (50,)).ravel()).min() > 3000


def test_uniform_over_rotations():
    random = RowRandom(row_seeds(8, 20_000), "so3")
    angles = 2 * np.arccos(np.clip(np.abs(random.quaternion()[:, 3]), 0, 1))
    expected = (np.pi / 2) + 2 / np.pi  # mean angle of the Haar measure
    assert abs(angles.mean() - expected) < 0.02


def test_neighbouring_elements_are_uncorrelated():
    draws = RowRandom(row_seeds(1, 5000), "grid").normal((4,))
    correlation = np.corrcoef(draws, rowvar=False) - np.eye(4)
    assert np.abs(correlation).max() < 0.06
