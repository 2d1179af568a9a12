from itertools import product

import numpy as np
import pytest
from scipy import stats

from lossbench.stats import permutation

DIFFERENCES = np.array([0.3, -0.1, 0.4, 0.2, 0.6, 0.1, 0.25])


def test_exact_p_counts_all_sign_patterns() -> None:
    means = [np.mean(DIFFERENCES * signs) for signs in product((-1, 1), repeat=7)]
    expected = np.mean(np.abs(means) >= abs(DIFFERENCES.mean()) - 1e-12)
    found = permutation.sign_flip(DIFFERENCES, 9999, rng=np.random.default_rng(0))
    assert found == pytest.approx(expected)


def test_equal_differences_of_zero_give_one_and_two_pairs_no_p() -> None:
    assert permutation.sign_flip(np.zeros(4), 9999, rng=np.random.default_rng(0)) == 1.0
    assert np.isnan(permutation.sign_flip(np.ones(2), 9999, rng=np.random.default_rng(0)))


def test_more_than_thirteen_pairs_are_sampled_and_agree_with_the_t_test() -> None:
    differences = np.random.default_rng(1).normal(0.4, 1, size=30)
    assert not permutation.is_exact(30, 9999)
    found = permutation.sign_flip(differences, 9999, rng=np.random.default_rng(2))
    assert found == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.01)
    assert permutation.is_exact(13, 9999)
    assert not permutation.is_exact(14, 9999)


def test_signs_that_are_sampled_are_drawn_from_the_generator() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1, 30)
    found = [
        permutation.sign_flip(differences, 99, rng=np.random.default_rng(seed))
        for seed in (2, 2, 3, 4)
    ]
    assert found[0] == found[1]
    assert len(set(found)) > 1
