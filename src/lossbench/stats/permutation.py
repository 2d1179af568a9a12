"""The sign-flip test: under no difference, each pair's difference is as likely as its negative."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from lossbench.stats.intervals import MIN_PAIRS


def is_exact(pairs: int, resamples: int) -> bool:
    """Whether all 2^n sign patterns are enumerated rather than drawn."""
    return pairs <= math.log2(resamples)


def sign_flip(
    differences: NDArray[np.float64], resamples: int, *, rng: np.random.Generator
) -> float:
    """Two-sided p of a zero mean of the differences (n,).

    NaN with fewer than `MIN_PAIRS`. The smallest p that n pairs can give is 2 / 2^n: 0.0625 for
    five, so this p stands beside the interval and cannot carry a verdict of a small study.
    """
    if len(differences) < MIN_PAIRS:
        return np.nan
    result = scipy.stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=rng,
    )
    return float(result.pvalue)
