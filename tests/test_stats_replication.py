"""The chance of the same verdict again, against closed forms and against studies that are made."""

import numpy as np
import pytest
from scipy import stats

from lossbench.stats.intervals import over_replicates
from lossbench.stats.multiplicity import holm
from lossbench.stats.replication import Family, replication
from lossbench.stats.verdicts import decide


def family(means: list[float], margins: list[float] | None = None, **one: float) -> Family:
    """With standard error 1 and endless degrees of freedom, where nothing else is said."""
    m = len(means)
    usual = {"standard_errors": 1.0, "df": 1e6} | one
    return Family(
        np.array(means),
        np.full(m, usual["standard_errors"]),
        np.full(m, usual["df"]),
        np.array(margins or [np.nan] * m),
        np.full(m, one.get("left", np.nan)),
    )


def of(found: Family) -> np.ndarray:
    return replication(found, level=0.95, rng=np.random.default_rng(8))


@pytest.mark.parametrize("z", [2.0, 2.5, 3.0, 4.0, -3.0])
def test_a_clear_contrast_alone_has_goodmans_probability(z: float) -> None:
    # Goodman 1992: with a flat prior the next estimate is normal with twice the variance.
    expected = stats.norm.cdf((abs(z) - stats.norm.ppf(0.975)) / np.sqrt(2))
    assert of(family([z]))[0] == pytest.approx(expected, abs=0.03)


def test_an_open_or_equivalent_contrast_stays_so_as_often_as_the_closed_form_says() -> None:
    edge = stats.norm.ppf(0.975)
    spread = stats.norm(0.5, np.sqrt(2))
    assert of(family([0.5]))[0] == pytest.approx(spread.cdf(edge) - spread.cdf(-edge), abs=0.03)
    room = 4.0 - stats.norm.ppf(0.95)
    spread = stats.norm(0.0, np.sqrt(2))
    expected = spread.cdf(room) - spread.cdf(-room)
    assert of(family([0.0], [4.0]))[0] == pytest.approx(expected, abs=0.03)


def test_more_contrasts_in_a_family_make_a_verdict_harder_to_repeat() -> None:
    alone, together = of(family([3.2]))[0], of(family([3.2, 0.0, 0.1, -0.1]))[0]
    assert together < alone - 0.05


def test_what_cannot_be_measured_has_no_probability_and_no_weight() -> None:
    found = Family(*(np.array([value, np.nan]) for value in (3.0, 1.0, 1e6, np.nan, np.nan)))
    first, absent = of(found)
    assert np.isnan(absent)
    assert first == pytest.approx(of(family([3.0]))[0], abs=0.03)


@pytest.mark.parametrize("z", [2.0, 3.0, -3.0])
def test_of_a_bound_the_verdict_that_it_can_have_comes_again_and_no_other(z: float) -> None:
    free, same, other = (
        of(family([z], left=left))[0] for left in (np.nan, np.sign(z), -np.sign(z))
    )
    assert same == pytest.approx(free, abs=0.03)
    # Undecided now; then clear on its own side as seldom as the closed form says.
    clear = stats.norm.sf((abs(z) + stats.norm.ppf(0.975)) / np.sqrt(2))
    assert other == pytest.approx(1 - clear, abs=0.02)
    assert of(family([z], left=0))[0] == 1


@pytest.mark.parametrize("t", [1.0, 4.0, 8.0])
def test_few_replicates_leave_their_spread_open_too(t: float) -> None:
    """Four values, drawn anew and tested by SciPy: nobody knows their spread after four."""
    rng, n, draws = np.random.default_rng(3), 4, 20_000
    spread = np.sqrt((n - 1) / rng.chisquare(n - 1, (draws, 1)) * n)  # the standard error is 1
    true = t + rng.standard_normal((draws, 1)) * spread / np.sqrt(n)
    found = stats.ttest_1samp(true + rng.standard_normal((draws, n)) * spread, 0.0, axis=1)
    again = np.where(found.pvalue <= 0.05, np.sign(found.statistic), 0)
    was = stats.t.sf(t, n - 1) * 2 <= 0.05
    promised = of(family([t], df=n - 1))[0]
    assert promised == pytest.approx((again == was).mean(), abs=0.03)


def verdicts(differences: np.ndarray, margin: float) -> list[str]:
    """What the project says of a study's differences (m, n)."""
    found = [over_replicates(each) for each in differences]
    adjusted = holm(np.array([each.p_value for each in found]))
    return [
        decide(each.mean, p, each.interval(0.9), direction="lower", alpha=0.05, margin=margin)
        for each, p in zip(found, adjusted, strict=True)
    ]


def measured(differences: np.ndarray, margin: float) -> Family:
    """The estimates from a study's differences (m, n)."""
    found = [over_replicates(each) for each in differences]
    names = ("mean", "standard_error", "df")
    estimates = (np.array([getattr(each, name) for each in found]) for name in names)
    return Family(*estimates, np.full(len(found), margin), np.full(len(found), np.nan))


def calibration(repeats: int) -> tuple[float, float]:
    """Promised and kept shares of equal verdicts over studies made twice from the same truth."""
    rng, margin, seeds = np.random.default_rng(12), 0.5, 8
    promised, kept = [], []
    for _ in range(repeats):
        true = rng.normal(0, 0.8, (4, 1))
        once, again = (rng.normal(true, 1.0, (4, seeds)) for _ in range(2))
        promised.append(replication(measured(once, margin), level=0.95, rng=rng).mean())
        pairs = zip(verdicts(once, margin), verdicts(again, margin), strict=True)
        kept.append(np.mean([one == other for one, other in pairs]))
    return float(np.mean(promised)), float(np.mean(kept))


def test_promises_are_kept_over_studies_made_twice() -> None:
    promised, kept = calibration(300)
    print(f"promised {promised:.3f}, kept {kept:.3f}")
    assert promised == pytest.approx(kept, abs=0.06)


@pytest.mark.slow
def test_winners_are_promised_too_much_and_more_so_with_fewer_replicates() -> None:
    """Six effects, normal with 2.5 standard errors; 250 studies made twice."""
    kept = {}
    for seeds in (4, 5, 10):
        rng, same = np.random.default_rng(5), []
        for _ in range(250):
            true = rng.normal(0, 0.8, (6, 1))
            once, again = (rng.normal(true, np.sqrt(seeds / 10), (6, seeds)) for _ in range(2))
            chances = replication(measured(once, 0.5), level=0.95, rng=rng)
            told = zip(chances, verdicts(once, 0.5), verdicts(again, 0.5), strict=True)
            same += [a == b for p, a, b in told if p > 0.9 and a in ("better", "worse")]
        kept[seeds] = float(np.mean(same))
    print(f"promised more than 0.9, kept: {kept}")
    assert kept[4] < kept[5] < kept[10] < 0.9
