import numpy as np
import pytest
from scipy import stats

from lossbench.stats import intervals
from lossbench.stats.intervals import (
    MeanSquares,
    mean_squares,
    over_both,
    over_folds,
    over_replicates,
    together,
)

DIFFERENCES = np.array([0.3, -0.1, 0.4, 0.2, 0.6, 0.1])


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_student_t_agrees_with_scipy(level: float) -> None:
    theirs, found = stats.ttest_1samp(DIFFERENCES, 0), over_replicates(DIFFERENCES)
    expected = theirs.confidence_interval(level)
    assert found.interval(level) == pytest.approx((expected.low, expected.high))
    assert found.p_value == pytest.approx(theirs.pvalue)


def test_student_t_of_a_worked_example() -> None:
    # Differences 1, 2, 3: mean 2, deviation 1, t(0.975, 2) = 4.302653: 2 ± 4.302653 / √3.
    found = over_replicates(np.array([1.0, 2.0, 3.0])).interval(0.95)
    assert found == pytest.approx((-0.484138, 4.484138), abs=1e-6)


def test_bca_agrees_with_scipy_and_repeats() -> None:
    drawn = np.random.default_rng(3).normal(size=12)
    for resamples in (99, 999):
        found = intervals.bca(drawn, 0.9, resamples, rng=np.random.default_rng(5))
        theirs = stats.bootstrap(
            (drawn,),
            np.mean,
            n_resamples=resamples,
            confidence_level=0.9,
            method="BCa",
            rng=np.random.default_rng(5),
        ).confidence_interval
        assert found == pytest.approx((theirs.low, theirs.high), rel=1e-12)


@pytest.mark.parametrize("differences", [[], [1.0, 2.0], [0.1] * 6, [0.1 + 0.2, 0.3, 0.3, 0.3]])
def test_two_pairs_or_no_spread_give_no_interval(differences: list[float]) -> None:
    values = np.array(differences)
    found = over_replicates(values)
    assert not found.is_measurable
    assert np.isnan([*found.interval(0.95), found.p_value]).all()
    assert np.isnan(intervals.bca(values, 0.95, 999, rng=np.random.default_rng(0))).all()


def table(rng: np.random.Generator, replicates: int, images: int, spread: float = 0.01):
    """Differences −1, 0, +1 (n, m) of two losses, and the mean that they are drawn around.

    An image is hard for one loss more than for the other; a replicate moves all its images.
    """
    lean = rng.binomial(1, 0.1, images) * rng.normal(0, 0.3, images)
    tilt = 0.01 + lean + rng.normal(0, spread, (replicates, 1))
    up, down = (np.clip(0.01 + np.maximum(side, 0), 0, 0.5) for side in (tilt, -tilt))
    draw = rng.uniform(size=(replicates, images))
    return (draw < up).astype(float) - (draw > 1 - down)


def truth() -> float:
    """The mean difference of endless replicates and images: clipping moves it a little."""
    return float(table(np.random.default_rng(99), 2000, 5000).mean())


def test_mean_squares_agree_with_sums_written_out() -> None:
    cells = table(np.random.default_rng(1), 4, 30)
    rows, columns, mean = cells.mean(axis=1), cells.mean(axis=0), cells.mean()
    between = sum(30 * (row - mean) ** 2 for row in rows) / 3
    over = sum(4 * (column - mean) ** 2 for column in columns) / 29
    left = sum(
        (cells[i, j] - rows[i] - columns[j] + mean) ** 2 for i in range(4) for j in range(30)
    ) / (3 * 29)
    found = mean_squares(cells)
    assert (found.of_replicates, found.of_images) == pytest.approx((between, over))
    assert found.of_residual == pytest.approx(left)


def test_mean_squares_of_two_studies_are_on_average_those_of_one_that_has_all() -> None:
    rng = np.random.default_rng(12)
    drawn = []
    for _ in range(300):
        cells = table(rng, 9, 50, spread=0.2)
        means, whole = cells.mean(axis=1), mean_squares(cells)
        both = together([mean_squares(cells[:3]), mean_squares(cells[3:])], means)
        assert (both.replicates, both.images) == (9, 50)
        assert both.of_replicates == pytest.approx(whole.of_replicates)
        assert vars(together([whole], means)) == pytest.approx(vars(whole))
        ratios = both.of_images / whole.of_images, both.of_residual / whole.of_residual
        drawn.append(ratios)
    assert np.mean(drawn, axis=0) == pytest.approx((1, 1), abs=0.02)


def test_the_interval_over_both_of_a_worked_example() -> None:
    # SE² = (8 + 3 − 1) / (5 · 100); df = 10² / (8²/4 + 3²/99 + 1²/396).
    found = over_both(0.5, MeanSquares(5, 100, 8.0, 3.0, 1.0))
    assert found.standard_error == pytest.approx(np.sqrt(10 / 500))
    assert found.df == pytest.approx(100 / (64 / 4 + 9 / 99 + 1 / 396))
    # Images that differ by less than chance add nothing: replicates alone.
    alone = over_both(0.5, MeanSquares(5, 100, 8.0, 0.5, 1.0))
    assert (alone.standard_error, alone.df) == pytest.approx((np.sqrt(8 / 500), 4))
    assert not over_both(0.5, MeanSquares(2, 100, 8.0, 3.0, 1.0)).is_measurable
    assert not over_both(0.0, MeanSquares(5, 100, 0.0, 0.0, 0.0)).is_measurable


def test_owens_pigeonhole_bootstrap_gives_the_same_standard_error() -> None:
    rng, n, m = np.random.default_rng(4), 40, 400
    cells = rng.normal(0, 0.2, (n, 1)) + rng.normal(0, 0.6, (1, m)) + rng.normal(0, 0.3, (n, m))
    means = []
    for _ in range(3000):  # whole rows and whole columns are drawn, with replacement
        rows, columns = rng.integers(0, n, n), rng.integers(0, m, m)
        means.append(cells[np.ix_(rows, columns)].mean())
    found = over_both(float(cells.mean()), mean_squares(cells))
    assert np.std(means) == pytest.approx(found.standard_error, rel=0.06)


def coverage(rng: np.random.Generator, replicates: int, images: int, repeats: int, spread: float):
    """How often the interval over both, and that over replicates alone, hold the true mean."""
    mean, held = truth(), []
    for _ in range(repeats):
        cells = table(rng, replicates, images, spread)
        average = float(cells.mean())
        both = over_both(average, mean_squares(cells)), over_replicates(cells.mean(axis=1))
        ends = [each.interval(0.95) for each in both]
        held.append([low <= mean <= high for low, high in ends])
    return np.mean(held, axis=0)


def test_seeds_alone_promise_too_much_and_both_together_keep_it() -> None:
    both, alone = coverage(np.random.default_rng(6), 10, 1000, 300, 0.002)
    assert alone < 0.9
    assert 0.91 <= both <= 0.985


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [5, 10])
@pytest.mark.parametrize("spread", [0.002, 0.01, 0.03])
def test_the_interval_over_both_covers(replicates: int, spread: float) -> None:
    both, alone = coverage(np.random.default_rng(replicates), replicates, 2000, 1500, spread)
    print(f"{replicates} replicates, spread {spread}: both {both:.3f}, replicates {alone:.3f}")
    assert 0.93 <= both <= 0.97


SKEWED = {
    "normal": (lambda rng, size: rng.normal(size=size), 0.0),
    # Skewness 2 / √shape: 1 for shape 4.
    "gamma, skewness 1": (lambda rng, size: rng.gamma(4.0, size=size), 4.0),
    "gumbel, skewness 1.14": (lambda rng, size: rng.gumbel(size=size), float(np.euler_gamma)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SKEWED)
@pytest.mark.parametrize("pairs", [5, 10, 20])
def test_the_interval_over_replicates_covers(name: str, pairs: int) -> None:
    draw, mean = SKEWED[name]
    samples = draw(np.random.default_rng(20), (10_000, pairs))
    ends = np.array([over_replicates(sample).interval(0.95) for sample in samples])
    coverage = float(((ends[:, 0] <= mean) & (mean <= ends[:, 1])).mean())
    print(f"coverage of Student t, {name}, {pairs} pairs: {coverage:.4f}")
    assert 0.93 <= coverage <= 0.97


@pytest.mark.slow
def test_bca_covers_too_little_to_carry_a_verdict() -> None:
    rng = np.random.default_rng(21)
    samples = rng.normal(size=(1000, 5))
    ends = np.array([intervals.bca(sample, 0.95, 999, rng=rng) for sample in samples])
    coverage = float(((ends[:, 0] <= 0) & (ends[:, 1] >= 0)).mean())
    print(f"coverage of BCa, normal, 5 pairs: {coverage:.4f}")
    assert coverage < 0.9


def test_folds_share_training_examples_and_widen_the_interval() -> None:
    differences = np.random.default_rng(4).normal(0.1, 0.3, size=10)
    found = over_folds(differences, train=90, test=10)
    scale = np.std(differences, ddof=1) * np.sqrt(1 / 10 + 10 / 90)
    expected = stats.t.interval(0.95, 9, loc=differences.mean(), scale=scale)
    assert found.interval(0.95) == pytest.approx(expected)
    two = over_folds(np.array([0.1, 0.3]), train=50, test=50)
    assert two.standard_error == pytest.approx(np.sqrt(0.02 * (1 / 2 + 1)))
    assert np.isnan(over_folds(np.array([0.1]), train=9, test=1).interval(0.95)).all()
    assert over_folds(np.full(5, 0.5), train=8, test=2).interval(0.95) == pytest.approx(
        (np.nan, np.nan), nan_ok=True
    )
