"""Intervals for the mean of paired differences.

The Student t interval carries every verdict. Simulated coverage at 95 % for n = 5, 10, 20 pairs:
95 % on normal differences, 93 to 94 % on gamma ones of skewness 1. The BCa bootstrap covers 84,
89 and 93 % on normal differences, so it stands beside and never decides.
"""

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_PAIRS = 3
"""With fewer there is no interval: two pairs leave one degree of freedom."""


def spread(differences: Floats, resolution: float = 0.0) -> float:
    """The standard deviation of the differences (n,), at least that of their rounding.

    `resolution` is the standard deviation of a difference's rounding error. Times are known to
    the measurement that first meets a target and errors to one image: pairs that all differ by
    the same number of grid points are not known exactly.
    """
    deviation = float(np.std(differences, ddof=1))
    # Equal numbers can have a mean, and so a deviation, that is off in the last bits.
    is_noise = deviation <= 1e-12 * float(np.abs(differences).max(initial=0))
    return max(0.0 if is_noise else deviation, resolution)


def student_t(mean: float, deviation: float, pairs: int, level: float) -> tuple[float, float]:
    """The interval of the mean of `pairs` differences with this standard deviation.

    NaN where there is no spread to estimate or there are fewer than `MIN_PAIRS`.
    """
    if pairs < MIN_PAIRS or deviation == 0:
        return np.nan, np.nan
    reach = scipy.stats.t.ppf((1 + level) / 2, pairs - 1) * deviation / np.sqrt(pairs)
    return float(mean - reach), float(mean + reach)


def student_t_p(mean: float, deviation: float, pairs: int) -> float:
    """Two-sided p of a zero mean: at most 1 − level exactly where the interval excludes zero."""
    if pairs < MIN_PAIRS or deviation == 0:
        return np.nan
    return float(2 * scipy.stats.t.sf(abs(mean) * np.sqrt(pairs) / deviation, pairs - 1))


def bca(
    differences: Floats, level: float, resamples: int, *, rng: np.random.Generator
) -> tuple[float, float]:
    """The bias-corrected and accelerated bootstrap interval of the mean; NaN without spread."""
    if len(differences) < MIN_PAIRS or spread(differences) == 0:
        return np.nan, np.nan
    found = scipy.stats.bootstrap(
        (differences,), np.mean, confidence_level=level, n_resamples=resamples, rng=rng
    ).confidence_interval
    return float(found.low), float(found.high)
