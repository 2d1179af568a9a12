"""Intervals for the mean of paired differences.

The Student t interval carries every verdict. Simulated coverage at 95 % for n = 5, 10, 20 pairs:
95 % on normal differences, 93 to 94 % on gamma ones of skewness 1. The BCa bootstrap covers 84,
89 and 93 % on normal differences, so it stands beside and never decides.

The test images are a sample like the seeds. The final error is judged over both, as crossed random
effects: an interval over seeds alone says what happens on these images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_PAIRS = 3
"""With fewer there is no interval: two pairs leave one degree of freedom."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error; no interval and no p where that is zero or NaN."""

    mean: float
    standard_error: float
    df: float
    """Degrees of freedom of the standard error."""

    @property
    def is_measurable(self) -> bool:
        """Whether there is a spread to judge the mean by."""
        return self.standard_error > 0

    def interval(self, level: float) -> tuple[float, float]:
        """The Student t interval of this coverage."""
        if not self.is_measurable:
            return np.nan, np.nan
        reach = scipy.stats.t.ppf((1 + level) / 2, self.df) * self.standard_error
        return float(self.mean - reach), float(self.mean + reach)

    @property
    def p_value(self) -> float:
        """Two-sided p of a zero mean: at most 1 − level exactly where the interval excludes it."""
        if not self.is_measurable:
            return np.nan
        return float(2 * scipy.stats.t.sf(abs(self.mean) / self.standard_error, self.df))


@dataclass(frozen=True)
class MeanSquares:
    """The analysis of variance of n replicates × m images with one difference in each cell."""

    replicates: int
    images: int
    of_replicates: float
    of_images: float
    of_residual: float


def mean_squares(differences: Floats) -> MeanSquares:
    """Of the differences (n, m), a row a replicate and a column an image; n and m at least two."""
    n, m = differences.shape
    rows, columns = differences.mean(axis=1), differences.mean(axis=0)
    ms_rows, ms_columns = m * np.var(rows, ddof=1), n * np.var(columns, ddof=1)
    total = float(np.square(differences - differences.mean()).sum())
    residual = total - (n - 1) * ms_rows - (m - 1) * ms_columns
    left = max(0.0, residual) / ((n - 1) * (m - 1))
    return MeanSquares(n, m, float(ms_rows), float(ms_columns), left)


def together(studies: Sequence[MeanSquares], differences: Floats) -> MeanSquares:
    """Of all replicates of one study, or of several on the same images.

    From each study's mean squares and every replicate's mean difference (n,). How much the images
    vary beyond the residual is what the studies say on average, weighted by their replicates.
    """
    n, images = len(differences), studies[0].images
    of_replicates = images * float(np.var(differences, ddof=1))
    weights = [each.replicates - 1 for each in studies]
    residual = float(np.average([each.of_residual for each in studies], weights=weights))
    beyond = sum(each.of_images - each.of_residual for each in studies)
    of_images = residual + beyond * n / sum(each.replicates for each in studies)
    return MeanSquares(n, images, of_replicates, of_images, residual)


def over_replicates(differences: Floats) -> Estimate:
    """The mean of the differences (n,) over replicates alone; NaN for n = 0."""
    n = len(differences)
    if n < MIN_PAIRS:
        return Estimate(float(differences.mean()) if n else np.nan, np.nan, np.nan)
    deviation = float(np.std(differences, ddof=1))
    # Equal numbers can have a mean, and so a deviation, that is off in the last bits.
    is_noise = deviation <= 1e-12 * float(np.abs(differences).max())
    error = 0.0 if is_noise else deviation / np.sqrt(n)
    return Estimate(float(differences.mean()), error, n - 1.0)


def over_folds(differences: Floats, *, train: int, test: int) -> Estimate:
    """The mean of `differences` [folds] of one cross-validation, with k − 1 degrees of freedom.

    Folds share most of their training examples, so that their spread understates: the variance is
    divided by k and, besides, multiplied by test / train.
    Source: Nadeau and Bengio, Inference for the Generalization Error, Machine Learning 52, 2003.
    """
    folds = len(differences)
    variance = float(np.var(differences, ddof=1)) if folds > 1 else 0.0
    error = np.sqrt(variance * (1 / folds + test / train))
    return Estimate(float(np.mean(differences)), float(error), folds - 1)


def over_both(mean: float, found: MeanSquares) -> Estimate:
    """The mean over replicates and images together, as crossed random effects.

    SE² = (MS_replicates + MS_images − MS_residual) / (n m), a negative variance of the images
    counted as none. Degrees of freedom by Satterthwaite 1946, at least n − 1.
    """
    n, m = found.replicates, found.images
    if n < MIN_PAIRS:
        return Estimate(mean, np.nan, np.nan)
    of_images = found.of_images if found.of_images > found.of_residual else 0.0
    of_residual = found.of_residual if of_images else 0.0
    total = found.of_replicates + of_images - of_residual
    terms = (
        found.of_replicates**2 / (n - 1)
        + of_images**2 / (m - 1)
        + of_residual**2 / ((n - 1) * (m - 1))
    )
    df = max(n - 1.0, total**2 / terms) if terms else n - 1.0
    return Estimate(mean, float(np.sqrt(total / (n * m))), df)


def bca(
    differences: Floats, level: float, resamples: int, *, rng: np.random.Generator
) -> tuple[float, float]:
    """The bias-corrected and accelerated bootstrap interval of the mean; NaN without spread."""
    if not over_replicates(differences).is_measurable:
        return np.nan, np.nan
    found = scipy.stats.bootstrap(
        (differences,), np.mean, confidence_level=level, n_resamples=resamples, rng=rng
    ).confidence_interval
    return float(found.low), float(found.high)
