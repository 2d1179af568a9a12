from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from builders.study_tables import PLACE
from lossbench.errors import TableError
from lossbench.stats import contrasts
from lossbench.stats.observations import COLUMNS
from lossbench.study.config import Study

Values = Mapping[str, Mapping[int, float]]
TIME = "steps_to_target_3"
RATES = (0.01, 0.1, 1.0)


def make_study(*losses: str, margin: float = 0.001, resamples: int = 999) -> Study:
    grids = [{"loss": loss, "learning_rates": RATES} for loss in ("cross_entropy", *losses)]
    comparison = {"dataset": "mnist", "model": "mlp", "epochs": 4, "tuning_epochs": 2}
    return Study.model_validate(
        {
            "name": "small",
            "title": "Small",
            "seeds": {"tuning": (100,), "evaluation": (0, 1, 2)},
            "datasets": [{"name": "mnist", "equivalence_margin": margin}],
            "comparisons": [{**comparison, "losses": grids}],
            "statistics": {"resamples": resamples},
        }
    )


def observe(
    values: Values,
    metric: str = "error",
    failed: Mapping[str, set[int]] | None = None,
    resolution: float = 0.0,
    **identity: str,
) -> pd.DataFrame:
    """Observations from loss → seed → value; `failed`: loss → seeds."""
    rows = [
        {
            **PLACE,
            "rates": "tuned",
            "metric": metric,
            "loss": loss,
            "seed": seed,
            "value": value,
            "failed": seed in (failed or {}).get(loss, set()),
            "resolution": resolution,
            **identity,
        }
        for loss, by_seed in values.items()
        for seed, value in by_seed.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def of(observed: pd.DataFrame, *losses: str, **settings: Any) -> pd.DataFrame:
    study = make_study(*(losses or ("mse_softmax",)), **settings)
    return contrasts.contrasts(observed, study, {"mnist": 10_000})


def row_of(observed: pd.DataFrame, **settings: Any) -> pd.Series:
    table = of(observed, **settings)
    assert len(table) == 1
    return table.iloc[0]


REFERENCE = {0: 0.020, 1: 0.022, 2: 0.018, 3: 0.021, 4: 0.019, 5: 0.020}
WORSE = {0: 0.030, 1: 0.034, 2: 0.029, 3: 0.030, 4: 0.030, 5: 0.031}
PAIR = {"cross_entropy": REFERENCE, "mse_softmax": WORSE}


def test_a_difference_agrees_with_scipy() -> None:
    ours, theirs = (np.array(list(values.values())) for values in (WORSE, REFERENCE))
    test = stats.ttest_rel(ours, theirs)
    ninety_five, ninety = test.confidence_interval(0.95), test.confidence_interval(0.90)
    row = row_of(observe(PAIR))
    assert row["value"] == pytest.approx((ours - theirs).mean())
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((ninety_five.low, ninety_five.high))
    equivalence = row["equivalence_low"], row["equivalence_high"]
    assert equivalence == pytest.approx((ninety.low, ninety.high))
    assert row["t_p_value"] == pytest.approx(test.pvalue)
    assert row["p_value"] == pytest.approx(2 / 2**6)
    assert row["bca_low"] < row["value"] < row["bca_high"]
    assert row["test_images"] == pytest.approx(10_000 * row["value"])
    assert (row["pairs"], row["improvement"], row["scale"]) == (6, 0, "difference")
    assert (row["family"], row["verdict"], row["margin"]) == ("primary", "worse", 0.001)


def test_pairs_are_joined_by_seed_whatever_their_order() -> None:
    shuffled = observe(PAIR).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(of(shuffled), of(observe(PAIR)))


def test_a_contrast_does_not_depend_on_its_neighbours() -> None:
    more = pd.concat([observe(PAIR), observe({**PAIR, "mse_logits": WORSE}, "nll")])
    table = of(more, "mse_logits", "mse_softmax")
    mine = table[(table["metric"] == "error") & (table["loss"] == "mse_softmax")].iloc[0]
    alone = row_of(observe(PAIR))
    assert mine[["bca_low", "bca_high", "p_value"]].equals(
        alone[["bca_low", "bca_high", "p_value"]]
    )


def test_a_tie_within_the_margin_is_equivalent() -> None:
    near = {seed: value + 0.0002 * (-1) ** seed for seed, value in REFERENCE.items()}
    row = row_of(observe({"cross_entropy": REFERENCE, "mse_softmax": near}))
    assert row["verdict"] == "equivalent"
    assert row["improvement"] == 0.5


def test_ties_in_every_pair() -> None:
    same = {"cross_entropy": REFERENCE, "mse_softmax": REFERENCE}
    blind = row_of(observe(same))
    assert (blind["value"], blind["p_value"], blind["verdict"]) == (0, 1, "undecided")
    assert np.isnan(blind["ci_low"])
    assert "no interval: all pairs differ by the same amount" in blind["method"]
    # Known to one image in 10,000, the tie has an interval and is one.
    seen = row_of(observe(same, resolution=1e-4))
    assert (seen["verdict"], seen["improvement"]) == ("equivalent", 0.5)
    half = stats.t.ppf(0.975, 5) * 1e-4 * np.sqrt(2 / 12) / np.sqrt(6)
    assert seen["ci_high"] == pytest.approx(half)


def test_equal_differences_without_spread_are_decided_by_the_sign_flip() -> None:
    def shifted(seeds: int) -> str:
        reference = dict.fromkeys(range(seeds), 0.02)
        worse = dict.fromkeys(range(seeds), 0.03)
        row = row_of(observe({"cross_entropy": reference, "mse_softmax": worse}))
        return str(row["verdict"])

    assert shifted(5) == "undecided"  # p = 2/32
    assert shifted(6) == "worse"  # p = 2/64


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_have_a_value_and_no_interval(seeds: int) -> None:
    few = {loss: dict(list(values.items())[:seeds]) for loss, values in PAIR.items()}
    row = row_of(observe(few))
    assert row["value"] == pytest.approx(np.mean([0.010, 0.012][:seeds]))
    absent = ["ci_low", "bca_low", "equivalence_low", "p_value", "t_p_value", "p_adjusted"]
    assert row[absent].isna().all()
    assert (row["verdict"], row["pairs"]) == ("undecided", seeds)
    assert "fewer than 3 seeds" in row["method"]


def test_a_ratio_is_the_geometric_mean_with_the_interval_of_the_logs() -> None:
    reference, slower = {0: 100, 1: 120, 2: 90, 3: 110}, {0: 200, 1: 220, 2: 210, 3: 190}
    row = row_of(observe({"cross_entropy": reference, "mse_softmax": slower}, TIME))
    logs = np.log([2, 220 / 120, 210 / 90, 190 / 110])
    expected = np.exp(stats.ttest_1samp(logs, 0).confidence_interval(0.95))
    assert row["value"] == pytest.approx(stats.gmean(np.exp(logs)))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected[0], expected[1]))
    assert (row["scale"], row["verdict"], row["improvement"]) == ("ratio", "worse", 0)
    assert np.isnan(row["margin"])
    assert np.isnan(row["test_images"])


def test_censored_times_count_as_the_budget_and_the_method_says_so() -> None:
    values = {"cross_entropy": {0: 100, 1: 120, 2: 400}, "mse_softmax": {0: 200, 1: 400, 2: 400}}
    failed = {"cross_entropy": {2}, "mse_softmax": {1, 2}}
    row = row_of(observe(values, TIME, failed))
    assert row["value"] == pytest.approx((2 * (400 / 120) * 1) ** (1 / 3))
    assert row["censored_pairs"] == 2
    assert "the ratio holds within it" in row["method"]


def test_all_censored_and_all_diverged_are_undefined_with_the_reason() -> None:
    seeds = {0, 1, 2, 3}
    all_failed = {"cross_entropy": seeds, "mse_softmax": seeds}
    budget = dict.fromkeys(all_failed, dict.fromkeys(seeds, 400.0))
    row = row_of(observe(budget, TIME, all_failed))
    assert np.isnan(row["value"])
    assert row["method"] == "undefined: no run of either loss reached the target"
    chance = dict.fromkeys(all_failed, dict.fromkeys(seeds, 0.9))
    row = row_of(observe(chance, "error", all_failed))
    assert np.isnan(row["value"])
    assert row["verdict"] == "undecided"
    assert "no run of either loss ended with a network" in row["method"]


def test_a_diverged_run_counts_as_chance_in_the_difference() -> None:
    lost = {**WORSE, 3: 0.9}
    row = row_of(observe({**PAIR, "mse_softmax": lost}, failed={"mse_softmax": {3}}))
    assert row["value"] == pytest.approx(np.mean([lost[s] - REFERENCE[s] for s in REFERENCE]))
    assert row["pairs"] == 6


def test_a_missing_value_makes_the_contrast_absent_and_not_a_mean_of_survivors() -> None:
    missing = {**WORSE, 2: np.nan}
    row = row_of(observe({**PAIR, "mse_softmax": missing}, "nll", {"mse_softmax": {2}}))
    assert np.isnan(row["value"])
    assert row["method"] == "undefined: no value for seed 2: a run diverged"
    none = {**PAIR, "mse_softmax": dict.fromkeys(REFERENCE, np.nan)}
    assert "states no probabilities" in row_of(observe(none, "nll"))["method"]


def test_a_loss_without_runs_keeps_its_row() -> None:
    table = of(observe(PAIR), "mse_softmax", "mse_logits").set_index("loss")
    absent = table.loc["mse_logits"]
    assert (absent["pairs"], absent["verdict"]) == (0, "undecided")
    assert absent["method"] == "absent: one of the losses has no runs here"
    assert table.loc["mse_softmax", "verdict"] == "worse"


def test_a_study_without_runs_has_no_contrasts() -> None:
    assert of(observe({})).empty


def test_holm_acts_within_a_family_and_carries_the_verdict() -> None:
    # Each alone has t p ≈ 0.03: three in one family are undecided, the primary one is not.
    shift = {0: 0.001, 1: 0.004, 2: 0.0005, 3: 0.003, 4: 0.002, 5: 0.0001}
    weak = {seed: REFERENCE[seed] + extra for seed, extra in shift.items()}
    losses = ("mse_softmax", "mse_logits", "mse_sigmoid", "bce_sigmoid")
    observed = observe({"cross_entropy": REFERENCE, **dict.fromkeys(losses, weak)})
    table = of(observed, *losses, margin=1e-6).set_index("loss")
    p = table["t_p_value"].iloc[0]
    assert 0.05 / 3 < p < 0.05
    assert table.loc["mse_softmax", "p_adjusted"] == pytest.approx(p)
    assert table.loc["mse_logits", "p_adjusted"] == pytest.approx(3 * p)
    assert table["verdict"].to_dict() == {
        "mse_softmax": "worse",
        "mse_logits": "undecided",
        "mse_sigmoid": "undecided",
        "bce_sigmoid": "undecided",
    }


def test_the_same_rate_is_exploratory_and_called_confounded() -> None:
    row = row_of(observe(PAIR, "validation_error", rates="same_rate"))
    assert row["family"] == "exploratory"
    assert "confounded" in row["method"]
    assert row["margin"] == 0.001


def test_higher_cosines_are_better_and_a_bare_scatter_has_no_better_side() -> None:
    assert row_of(observe(PAIR, "own_cosine"))["verdict"] == "better"
    assert row_of(observe(PAIR, "own_cosine"))["improvement"] == 1
    within = row_of(observe(PAIR, "within"))
    assert within["verdict"] == "undecided"
    assert np.isnan(within["improvement"])


def test_two_runs_of_one_seed_are_an_error() -> None:
    with pytest.raises(TableError, match=r"several runs for .*'seed': 0"):
        of(pd.concat([observe(PAIR), observe(PAIR)]))
