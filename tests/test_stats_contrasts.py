from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from builders.study_tables import PLACE
from lossbench.errors import TableError
from lossbench.stats import contrasts
from lossbench.stats.intervals import MeanSquares, over_both
from lossbench.stats.observations import COLUMNS
from lossbench.stats.replication import Family, replication
from lossbench.study.config import Study
from lossbench.tables.parquet import empty
from lossbench.tables.study import MEAN_SQUARES

Values = Mapping[str, Mapping[int, float]]
RATES = (0.01, 0.1, 1.0)


def make_study(*losses: str, margin: float = 0.001, resamples: int = 999) -> Study:
    grids = [{"loss": loss, "learning_rates": RATES} for loss in ("cross_entropy", *losses)]
    comparison = {"dataset": "mnist", "model": "mlp", "epochs": 4, "tuning_epochs": 2}
    return Study.model_validate(
        {
            "name": "small",
            "title": "Small",
            "seeds": {"tuning": (100, 101, 102), "evaluation": (0, 1, 2)},
            "datasets": [{"name": "mnist", "equivalence_margin": margin}],
            "comparisons": [{**comparison, "losses": grids}],
            "statistics": {"resamples": resamples},
        }
    )


def observe(
    values: Values,
    metric: str = "error",
    failed: Mapping[str, set[int]] | None = None,
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
            **identity,
        }
        for loss, by_seed in values.items()
        for seed, value in by_seed.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def timed(steps: Mapping[str, Sequence[Sequence[float]]], **identity: Any) -> pd.DataFrame:
    """Steps to levels from loss → seed → steps to each level; infinite where it is missed.

    The budget is 400 steps.
    """
    rows = [
        {
            **PLACE,
            "rates": "tuned",
            "loss": loss,
            "seed": seed,
            "level": level,
            "steps": min(value, 400.0),
            "reached": np.isfinite(value),
            **identity,
        }
        for loss, by_seed in steps.items()
        for seed, by_level in enumerate(by_seed)
        for level, value in enumerate(by_level, start=1)
    ]
    names = [*PLACE, "rates", "loss", "seed", "level", "steps", "reached"]
    return pd.DataFrame(rows, columns=names)


def of(
    observed: pd.DataFrame,
    *losses: str,
    steps: pd.DataFrame | None = None,
    spreads: pd.DataFrame | None = None,
    **settings: Any,
) -> pd.DataFrame:
    study = make_study(*(losses or ("mse_softmax",)), **settings)
    steps = timed({}) if steps is None else steps
    spreads = empty(MEAN_SQUARES) if spreads is None else spreads
    return contrasts.contrasts(observed, steps, spreads, study, {"mnist": 10_000})


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


def test_a_contrast_depends_on_neither_the_order_of_pairs_nor_its_neighbours() -> None:
    shuffled = observe(PAIR).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(of(shuffled), of(observe(PAIR)))
    more = pd.concat([observe(PAIR), observe({**PAIR, "mse_logits": WORSE}, "nll")])
    table = of(more, "mse_logits", "mse_softmax")
    mine = table[(table["metric"] == "error") & (table["loss"] == "mse_softmax")].iloc[0]
    alone = row_of(observe(PAIR))
    assert mine[["bca_low", "bca_high", "p_value"]].equals(
        alone[["bca_low", "bca_high", "p_value"]]
    )


def test_ties_are_equivalent_within_the_margin_and_not_measurable_in_every_pair() -> None:
    near = {seed: value + 0.0002 * (-1) ** seed for seed, value in REFERENCE.items()}
    row = row_of(observe({"cross_entropy": REFERENCE, "mse_softmax": near}))
    assert row["verdict"] == "equivalent"
    assert row["improvement"] == 0.5
    row = row_of(observe({"cross_entropy": REFERENCE, "mse_softmax": REFERENCE}))
    assert (row["value"], row["verdict"], row["improvement"]) == (0, "not measurable", 0.5)
    assert row["standard_error"] == 0
    assert row[["ci_low", "p_adjusted", "replication"]].isna().all()
    assert "no interval: all pairs differ by the same amount" in row["method"]


def test_the_final_error_is_judged_over_seeds_and_test_images() -> None:
    spread = float(np.var([WORSE[seed] - REFERENCE[seed] for seed in REFERENCE], ddof=1))
    found = MeanSquares(6, 10_000, 10_000 * spread, 0.02, 0.004)
    spreads = pd.DataFrame([{**PLACE, "loss": "mse_softmax", **vars(found)}])
    row = row_of(observe(PAIR), spreads=spreads)
    both = over_both(row["value"], found)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(both.interval(0.95))
    assert (row["standard_error"], row["df"]) == pytest.approx((both.standard_error, both.df))
    assert row["t_p_value"] == pytest.approx(both.p_value)
    alone = row_of(observe(PAIR))
    for end in ("low", "high"):
        assert row[f"replicates_{end}"] == pytest.approx(alone[f"ci_{end}"])
    said = "Student t over replicates and test images on differences; exact sign-flip p"
    assert row["method"] == said
    other = row_of(observe(PAIR, "validation_error", rates="same_rate"), spreads=spreads)
    assert other["ci_low"] == pytest.approx(alone["ci_low"])


def test_equal_differences_without_spread_are_decided_by_the_sign_flip() -> None:
    def shifted(seeds: int) -> str:
        reference = dict.fromkeys(range(seeds), 0.02)
        worse = dict.fromkeys(range(seeds), 0.03)
        row = row_of(observe({"cross_entropy": reference, "mse_softmax": worse}))
        return str(row["verdict"])

    assert shifted(5) == "undecided"  # p = 2/32, the sign-flip test's
    assert shifted(6) == "worse"  # p = 2/64


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_have_a_value_and_no_interval(seeds: int) -> None:
    few = {loss: dict(list(values.items())[:seeds]) for loss, values in PAIR.items()}
    row = row_of(observe(few))
    assert row["value"] == pytest.approx(np.mean([0.010, 0.012][:seeds]))
    absent = ["ci_low", "bca_low", "equivalence_low", "p_value", "t_p_value", "p_adjusted"]
    assert row[absent].isna().all()
    assert (row["verdict"], row["pairs"]) == ("not measurable", seeds)
    assert "fewer than 3 replicates" in row["method"]


REFERENCE_STEPS = [[10, 100], [12, 120], [9, 90], [11, 110]]
SLOWER = [[20, 250], [25, 200], [20, 210], [19, 190]]
NEVER = np.inf


def speed_of(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> pd.Series:
    return row_of(observe({}), steps=timed({"cross_entropy": theirs, "mse_softmax": ours}))


def test_a_ratio_of_steps_is_the_geometric_mean_with_the_interval_of_the_logs() -> None:
    row = speed_of(SLOWER, REFERENCE_STEPS)
    logs = np.log(np.array(SLOWER) / REFERENCE_STEPS).mean(axis=1)
    expected = np.exp(stats.ttest_1samp(logs, 0).confidence_interval(0.95))
    assert row["value"] == pytest.approx(stats.gmean(np.exp(logs)))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((expected[0], expected[1]))
    assert row["t_p_value"] == pytest.approx(stats.ttest_1samp(logs, 0).pvalue)
    assert (row["scale"], row["verdict"], row["improvement"]) == ("ratio", "worse", 0)
    assert (row["reach"], row["reference_reach"], row["bound"]) == (1, 1, "")
    assert (row["metric"], row["family"], row["margin"]) == ("speed", "primary", 0.1)
    assert np.isnan(row["test_images"])
    scale = "log ratios of steps, mean over the levels"
    assert row["method"] == f"Student t over replicates on {scale}; exact sign-flip p"


def test_equal_speed_within_the_margin_is_equivalent() -> None:
    near = [[step * 1.02 ** (-1) ** seed for step in run] for seed, run in enumerate(SLOWER)]
    row = speed_of(near, SLOWER)
    low, high = np.log([row["equivalence_low"], row["equivalence_high"]])
    assert -np.log(1.1) < low < high < np.log(1.1)
    assert row["verdict"] == "equivalent"
    assert speed_of([[step * 1.09 for step in run] for run in near], SLOWER)["verdict"] == "worse"


def test_a_level_that_one_side_misses_makes_the_ratio_a_bound() -> None:
    short = [[20, NEVER], *SLOWER[1:]]
    row = speed_of(short, REFERENCE_STEPS)
    logs = np.log(np.array([[20, 400], *SLOWER[1:]]) / REFERENCE_STEPS).mean(axis=1)
    assert row["value"] == pytest.approx(np.exp(logs.mean()))
    assert (row["bound"], row["reach"], row["verdict"]) == ("at least", 7 / 8, "worse")
    assert "counts with the budget" in row["method"]
    turned = speed_of(REFERENCE_STEPS, short)
    assert (turned["bound"], turned["verdict"]) == ("at most", "better")
    # "At least 0.5" does not say that a loss is faster.
    fast = speed_of([[1, NEVER], [1, 20], [1, 20], [1, 22]], REFERENCE_STEPS)
    assert (fast["bound"], fast["verdict"]) == ("at least", "undecided")
    assert fast["ci_high"] < 1


def test_where_most_levels_are_missed_the_reach_is_judged() -> None:
    stalled = [[20, NEVER], [NEVER, NEVER], [30, NEVER], [20, NEVER]]
    row = speed_of(stalled, REFERENCE_STEPS)
    differences = np.array([0.5, 1.0, 0.5, 0.5])
    assert row[["value", "ci_low", "bca_low", "equivalence_low"]].isna().all()
    assert row["t_p_value"] == pytest.approx(stats.ttest_1samp(differences, 0).pvalue)
    assert (row["scale"], row["verdict"], row["bound"]) == ("reach", "worse", "")
    assert (row["reach"], row["reference_reach"]) == (3 / 8, 1)
    turned = speed_of(REFERENCE_STEPS, stalled)
    assert (turned["verdict"], turned["improvement"]) == ("better", 1)


def test_the_chance_to_come_again_takes_the_logarithm_of_a_ratio_s_margin() -> None:
    """At such a spread it matters whether 1.1 counts as log 1.1 or as 0.1."""
    factors = np.exp(np.random.default_rng(8).normal(0, 0.05, (4, 1)))
    row = speed_of(np.array(REFERENCE_STEPS) * factors, REFERENCE_STEPS)
    one = [np.array([value]) for value in (np.log(row["value"]), row["standard_error"], row["df"])]
    again = {
        margin: replication(
            Family(*one, np.array([margin]), np.array([np.nan])),
            level=0.95,
            rng=np.random.default_rng(0),
        )[0]
        for margin in (np.log(1.1), 0.1)
    }
    assert row["replication"] == pytest.approx(again[np.log(1.1)], abs=0.02)
    assert again[0.1] > again[np.log(1.1)] + 0.04


@pytest.mark.parametrize(("metric", "share"), [("own_cosine", 0.375), ("error", 0.625)])
def test_a_win_is_a_higher_value_where_higher_is_better_and_a_tie_counts_half(
    metric: str, share: float
) -> None:
    ours = {0: 0.6, 1: 0.5, 2: 0.4, 3: 0.3}
    values = {"cross_entropy": dict.fromkeys(ours, 0.5), "mse_softmax": ours}
    assert row_of(observe(values, metric))["improvement"] == share


def test_ties_in_reach_count_half() -> None:
    """Of four pairs two are equal, one is won and one is lost."""
    ours = [[20, NEVER], [NEVER, NEVER], [30, NEVER], [20, 25]]
    theirs = [[20, NEVER], [NEVER, NEVER], [30, 40], [20, NEVER]]
    assert speed_of(ours, theirs)["improvement"] == 0.5
    assert speed_of(ours, [*theirs[:2], [NEVER, NEVER], theirs[3]])["improvement"] == 0.75


def test_without_any_reach_network_or_run_nothing_is_compared() -> None:
    nothing = [[NEVER, NEVER]] * 4
    row = speed_of(nothing, nothing)
    assert (row["verdict"], row["reach"]) == ("not measurable", 0)
    assert row["method"] == "undefined: no run of either loss reached a level"
    seeds = {0, 1, 2, 3}
    all_failed = {"cross_entropy": seeds, "mse_softmax": seeds}
    chance = dict.fromkeys(all_failed, dict.fromkeys(seeds, 0.9))
    row = row_of(observe(chance, "error", all_failed))
    assert np.isnan(row["value"])
    assert row["verdict"] == "not measurable"
    assert "no run of either loss ended with a network" in row["method"]
    assert of(observe({})).empty


def test_a_diverged_run_counts_as_chance_and_a_missing_value_makes_the_contrast_absent() -> None:
    lost = {**WORSE, 3: 0.9}
    row = row_of(observe({**PAIR, "mse_softmax": lost}, failed={"mse_softmax": {3}}))
    assert row["value"] == pytest.approx(np.mean([lost[s] - REFERENCE[s] for s in REFERENCE]))
    assert row["pairs"] == 6
    missing = {**WORSE, 2: np.nan}
    row = row_of(observe({**PAIR, "mse_softmax": missing}, "nll", {"mse_softmax": {2}}))
    assert np.isnan(row["value"])
    assert row["method"] == "undefined: no value for seed 2: a run diverged"
    none = {**PAIR, "mse_softmax": dict.fromkeys(REFERENCE, np.nan)}
    assert "states no probabilities" in row_of(observe(none, "nll"))["method"]


@pytest.mark.parametrize(
    ("values", "steps"),
    [(PAIR, {}), ({}, {"cross_entropy": REFERENCE_STEPS, "mse_softmax": SLOWER})],
    ids=["error", "speed"],
)
def test_a_loss_without_runs_keeps_its_row(values: Values, steps: Any) -> None:
    table = of(observe(values), "mse_softmax", "mse_logits", steps=timed(steps)).set_index("loss")
    absent = table.loc["mse_logits"]
    assert (absent["pairs"], absent["verdict"]) == (0, "not measurable")
    assert absent["method"] == "absent: one of the losses has no runs here"
    assert table.loc["mse_softmax", "verdict"] == "worse"


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


@pytest.mark.parametrize("metric", ["own_cosine", "within"])
def test_what_no_question_asks_for_is_an_estimate_with_an_interval(metric: str) -> None:
    row = row_of(observe(PAIR, metric))
    assert row["ci_low"] < row["value"] < row["ci_high"]
    assert row[["p_value", "t_p_value", "p_adjusted", "replication"]].isna().all()
    assert (row["verdict"], row["family"]) == ("", "")


def test_a_verdict_has_a_chance_to_come_again_that_grows_with_its_clearness() -> None:
    near = {seed: REFERENCE[seed] + (WORSE[seed] - REFERENCE[seed]) / 8 for seed in REFERENCE}
    noise = {seed: value + 0.001 * (-1) ** seed for seed, value in near.items()}
    clear, close = (
        row_of(observe({**PAIR, "mse_softmax": values}), margin=1e-6) for values in (WORSE, noise)
    )
    assert (clear["verdict"], close["verdict"]) == ("worse", "worse")
    assert close["replication"] < 0.8 < clear["replication"] <= 1


def test_two_runs_of_one_seed_are_an_error() -> None:
    with pytest.raises(TableError, match=r"several runs for .*'seed': 0"):
        of(pd.concat([observe(PAIR), observe(PAIR)]))
