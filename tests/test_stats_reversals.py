import numpy as np
import pandas as pd
import pytest
from scipy import stats

from builders.study_tables import PLACE
from lossbench.cards.loss import PLACEBO
from lossbench.stats.reversals import find_reversal

Values = dict[str, tuple[list[float], list[float]]]
"""Loss → NLL by seed, test error by seed."""


def metrics_of(values: Values, **identity: str) -> pd.DataFrame:
    rows = [
        {"loss": loss, "seed": seed, "metric": metric, "value": value}
        for loss, (nll, error) in values.items()
        for metric, by_seed in (("nll", nll), ("error", error))
        for seed, value in enumerate(by_seed)
    ]
    place = PLACE | {"stage": "evaluation", "split": "test"}
    return pd.DataFrame(rows).assign(**{**place, **identity})


LIKELY = ([0.10, 0.11, 0.10, 0.12], [0.030, 0.032, 0.031, 0.030])
RIGHT = ([0.20, 0.22, 0.21, 0.20], [0.020, 0.021, 0.019, 0.022])


def test_the_lower_likelihood_loss_with_the_higher_error_is_found() -> None:
    found = find_reversal(metrics_of({"cross_entropy": LIKELY, "mse_softmax": RIGHT}), alpha=0.05)
    assert found is not None
    assert (found.likely, found.right) == ("cross_entropy", "mse_softmax")
    assert found.nll == pytest.approx((0.1075, 0.2075))
    assert found.error == pytest.approx((0.03075, 0.0205))
    expected = max(stats.ttest_rel(a, b).pvalue for a, b in zip(LIKELY, RIGHT, strict=True))
    assert (found.p, found.p_adjusted) == pytest.approx((expected, expected))
    assert found.is_resolved


def test_losses_that_agree_are_no_reversal_but_count_as_searched() -> None:
    worse = ([0.9, 0.8, 0.9, 0.85], [0.1, 0.2, 0.1, 0.15])
    assert find_reversal(metrics_of({"a": LIKELY, "b": worse}), alpha=0.05) is None
    both = find_reversal(metrics_of({"a": LIKELY, "b": RIGHT, "c": worse}), alpha=0.05)
    assert both is not None
    # Three pairs of losses were searched: Holm multiplies the smallest p by three.
    assert both.p_adjusted == pytest.approx(3 * both.p)


def test_a_placebo_is_no_other_loss_and_other_networks_are_not_compared() -> None:
    assert find_reversal(metrics_of({"a": LIKELY, PLACEBO: RIGHT}), alpha=0.05) is None
    apart = pd.concat([metrics_of({"a": LIKELY}), metrics_of({"b": RIGHT}, model="lenet")])
    assert find_reversal(apart, alpha=0.05) is None


def test_noise_is_seen_but_not_resolved() -> None:
    noisy = ([0.05, 0.4, 0.1, 0.3], [0.030, 0.010, 0.031, 0.012])
    found = find_reversal(metrics_of({"a": LIKELY, "b": noisy}), alpha=0.05)
    assert found is not None
    assert not found.is_resolved


def test_of_reversals_that_are_equally_open_the_largest_in_error_is_told() -> None:
    noise = np.array([0.03, -0.03, -0.03, 0.03])
    values = {
        loss: ((nll + sign * 10 * noise).tolist(), (error + sign * noise).tolist())
        for loss, nll, error, sign in (
            ("a", 1.0, 0.131, 1),
            ("b", 1.1, 0.129, -1),
            ("c", 1.2, 0.120, 0),
        )
    }
    found = find_reversal(metrics_of(values), alpha=0.05)
    assert found is not None
    assert (found.likely, found.right, found.p_adjusted) == ("a", "c", 1)


def test_one_seed_is_not_resolved_and_missing_likelihoods_are_not_searched() -> None:
    lonely = {"a": ([0.1], [0.03]), "b": ([0.2], [0.02])}
    found = find_reversal(metrics_of(lonely), alpha=0.05)
    assert found is not None
    assert (found.seeds, found.is_resolved) == (1, False)
    none = {"a": LIKELY, "b": ([np.nan] * 4, RIGHT[1])}
    assert find_reversal(metrics_of(none), alpha=0.05) is None
    without = ([np.nan] * 4, [0.5] * 4)
    found = find_reversal(metrics_of({"a": LIKELY, "b": RIGHT, "c": without}), alpha=0.05)
    assert found is not None
    assert found.p_adjusted == found.p


def test_the_clearest_has_the_smallest_p_though_all_are_corrected_to_one() -> None:
    clear = {
        "a": ([1, 1.2, 1.1], [0.031, 0.034, 0.03]),
        "b": ([1.2, 1.3, 1.6], [0.03, 0.029, 0.027]),
    }
    vague = {"a": ([1, 1.2, 1.1], [0.09, 0.03, 0.06]), "b": ([1.2, 1.0, 1.3], [0.01, 0.08, 0.03])}
    places = [metrics_of(values, model=name) for name, values in (("x", vague), ("y", clear))]
    rest = [metrics_of({"c": LIKELY, "d": LIKELY}, model=f"z{n}") for n in range(20)]
    found = find_reversal(pd.concat([*places, *rest]), alpha=0.05)
    assert found is not None
    assert (found.model, found.p_adjusted) == ("y", 1)
