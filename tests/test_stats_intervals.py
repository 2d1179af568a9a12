import numpy as np
import pytest
from scipy import stats

from lossbench.stats import intervals

DIFFERENCES = np.array([0.3, -0.1, 0.4, 0.2, 0.6, 0.1])


def t_interval(differences: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    deviation = intervals.spread(differences)
    return intervals.student_t(float(differences.mean()), deviation, len(differences), level)


@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_student_t_agrees_with_scipy(level: float) -> None:
    theirs = stats.ttest_1samp(DIFFERENCES, 0)
    expected = theirs.confidence_interval(level)
    assert t_interval(DIFFERENCES, level) == pytest.approx((expected.low, expected.high))
    deviation = intervals.spread(DIFFERENCES)
    p = intervals.student_t_p(float(DIFFERENCES.mean()), deviation, 6)
    assert p == pytest.approx(theirs.pvalue)


def test_student_t_of_a_worked_example() -> None:
    # Differences 1, 2, 3: mean 2, deviation 1, t(0.975, 2) = 4.302653: 2 ± 4.302653 / √3.
    assert t_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((-0.484138, 4.484138), abs=1e-6)


def test_bca_agrees_with_scipy_and_repeats() -> None:
    found = intervals.bca(DIFFERENCES, 0.95, 999, rng=np.random.default_rng(5))
    theirs = stats.bootstrap(
        (DIFFERENCES,), np.mean, n_resamples=999, method="BCa", rng=np.random.default_rng(5)
    ).confidence_interval
    assert found == pytest.approx((theirs.low, theirs.high))


def test_two_pairs_or_no_spread_give_no_interval() -> None:
    rng = np.random.default_rng(0)
    for differences in (np.array([1.0, 2.0]), np.full(6, 0.1)):
        deviation = intervals.spread(differences)
        assert np.isnan(t_interval(differences)).all()
        assert np.isnan(intervals.student_t_p(1.0, deviation, len(differences)))
        assert np.isnan(intervals.bca(differences, 0.95, 999, rng=rng)).all()


def test_rounding_bounds_the_spread_from_below() -> None:
    assert intervals.spread(np.full(7, 0.1)) == 0
    assert intervals.spread(np.full(7, 0.1), 0.02) == 0.02
    assert intervals.spread(DIFFERENCES, 0.02) == pytest.approx(np.std(DIFFERENCES, ddof=1))


SKEWED = {
    "normal": (lambda rng, size: rng.normal(size=size), 0.0),
    # Skewness 2 / √shape: 1 for shape 4.
    "gamma, skewness 1": (lambda rng, size: rng.gamma(4.0, size=size), 4.0),
    "gumbel, skewness 1.14": (lambda rng, size: rng.gumbel(size=size), float(np.euler_gamma)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SKEWED)
@pytest.mark.parametrize("pairs", [5, 10, 20])
def test_the_interval_behind_a_verdict_covers(name: str, pairs: int) -> None:
    draw, mean = SKEWED[name]
    samples = draw(np.random.default_rng(20), (10_000, pairs))
    ends = np.array([t_interval(sample) for sample in samples])
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
