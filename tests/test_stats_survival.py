from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from builders.study_tables import PLACE, make_history, make_runs
from lossbench.stats import survival
from lossbench.tables import study
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import HISTORY

Curves = dict[str, dict[int, list[float] | None]]
"""Loss → seed → validation errors every 100 steps; None where the run diverged at once."""


def targets(*errors: float) -> pd.DataFrame:
    rows = [
        PLACE | {"tuning_epochs": 4, "target": 3 - index, "validation_error": error}
        for index, error in enumerate(reversed(errors))
    ]
    return check(pd.DataFrame(rows), study.TARGETS)


def tables(curves: Curves, budget: int = 400, **identity: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History and runs."""
    history, runs = [], []
    for loss, errors in curves.items():
        lost = {seed: curve is None for seed, curve in errors.items()}
        run = make_runs(lost, budget, loss=loss, **identity)
        runs.append(run.assign(steps=run["steps"].where(~run["diverged"], 50)))
        kept = {seed: curve for seed, curve in errors.items() if curve is not None}
        if kept:
            history.append(make_history(kept, loss=loss, **identity))
    return pd.concat(history) if history else empty(HISTORY), pd.concat(runs)


def timed(curves: Curves, *errors: float) -> pd.DataFrame:
    return survival.times_to_target(*tables(curves), targets(*errors))


def test_the_first_measurement_at_or_below_the_target_counts() -> None:
    times = timed({"cross_entropy": {0: [0.5, 0.3, 0.1, 0.2], 1: [0.5, 0.11, 0.3, 0.0]}}, 0.1)
    assert times["steps"].tolist() == [300, 400]
    assert times["passes"].tolist() == [3.0, 4.0]
    assert times["reached"].all()


def test_a_run_that_never_reaches_is_censored_at_its_budget() -> None:
    times = timed({"cross_entropy": {0: [0.5, 0.3, 0.2, 0.2]}}, 0.3, 0.1)
    easy, hard = (times[times["target"] == target].iloc[0] for target in (2, 3))
    assert (easy["steps"], easy["reached"]) == (200, True)
    assert (hard["steps"], hard["passes"], hard["reached"]) == (400, 4.0, False)


def test_a_diverged_run_never_reaches_and_is_censored_at_the_others_budget() -> None:
    history, runs = tables({"cross_entropy": {0: [0.5, 0.1, 0.1, 0.1], 1: [0.1]}})
    runs["diverged"] = runs["seed"] == 1
    runs["steps"] = runs["steps"].where(~runs["diverged"], 150)
    times = survival.times_to_target(history, runs, targets(0.2))
    assert times["steps"].tolist() == [200, 400]
    assert times["reached"].tolist() == [True, False]


def test_a_target_is_reached_despite_rounding_and_tuning_runs_are_timed_too() -> None:
    hit = 0.1 + 0.2
    assert hit > 0.3
    history, runs = tables({"cross_entropy": {0: [0.5, hit]}}, stage="tuning")
    times = survival.times_to_target(history, runs, targets(0.3))
    assert times[["stage", "steps", "reached"]].to_numpy().tolist() == [["tuning", 200, True]]


def test_all_diverged_without_a_measurement() -> None:
    history, runs = tables({"cross_entropy": {0: None, 1: None}})
    times = survival.times_to_target(history, runs, targets(0.3))
    assert times["steps"].tolist() == [50, 50]
    assert not times["reached"].any()
    summary = survival.survival(times, history, runs).iloc[0]
    assert (summary["reach_rate"], summary["median_steps"]) == (0, np.inf)
    assert len(survival.kaplan_meier(times, history, runs, 0.95)) == 2


LEARNED = {
    "cross_entropy": {0: [0.1] * 4, 1: [0.5, 0.1, 0.1, 0.1], 2: [0.5, 0.5, 0.1, 0.1], 3: [0.5] * 4},
    "mse_softmax": {0: [0.5, 0.5, 0.1, 0.1], 1: [0.5] * 4, 2: [0.5] * 4, 3: [0.5] * 4},
}


def summaries(curves: Curves) -> pd.DataFrame:
    history, runs = tables(curves)
    times = survival.times_to_target(history, runs, targets(0.1))
    return survival.survival(times, history, runs).set_index("loss")


def test_summary_of_a_worked_example() -> None:
    # Cross-entropy: 100, 200, 300, never (400). Half are there at 200; mean (100+200+300+400)/4.
    table = summaries(LEARNED)
    reference, squared = table.loc["cross_entropy"], table.loc["mse_softmax"]
    assert (reference["runs"], reference["reached_runs"], reference["reach_rate"]) == (4, 3, 0.75)
    assert (reference["median_steps"], reference["restricted_mean_steps"]) == (200, 250)
    assert reference["restricted_mean_ratio"] == 1
    assert (squared["median_steps"], squared["reach_rate"]) == (np.inf, 0.25)
    assert squared["restricted_mean_ratio"] == pytest.approx(375 / 250)
    assert reference["budget_steps"] == 400


def test_log_rank_agrees_with_a_hand_computation() -> None:
    # Events: 100 (1 of 8, group A of 4), 200 (1 of 7, A 3), 300 (2 of 6: one of A's 2, one of
    # B's 4). Expected in A: 4/8 + 3/7 + 2·2/6; observed 3. Hypergeometric variances.
    observed, expected = 3, 4 / 8 + 3 / 7 + 2 * 2 / 6
    variance = 4 / 8 * 4 / 8 + 3 / 7 * 4 / 7 + 2 * (2 / 6) * (4 / 6) * (6 - 2) / (6 - 1)
    z = (observed - expected) / np.sqrt(variance)
    row = summaries(LEARNED).loc["mse_softmax"]
    assert row["log_rank_p"] == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert row["log_rank_p_adjusted"] == pytest.approx(row["log_rank_p"])


@pytest.mark.parametrize(
    ("curves", "reason"),
    [
        ({0: [0.5] * 4, 1: [0.5] * 4, 2: [0.5] * 4}, "no run of either loss reached"),
        ({0: [0.1] * 4, 1: [0.1] * 4, 2: [0.1] * 4}, "at the same step"),
        ({0: [0.1] * 4, 1: [0.5] * 4}, "fewer than 3 seeds"),
    ],
)
def test_log_rank_is_absent_with_a_reason(curves: dict[int, Any], reason: str) -> None:
    row = summaries({"cross_entropy": curves, "mse_softmax": curves}).loc["mse_softmax"]
    assert np.isnan(row["log_rank_p"])
    assert reason in row["method"]


def test_a_place_without_the_reference_says_so() -> None:
    row = summaries({"mse_softmax": {0: [0.1] * 4}}).iloc[0]
    assert np.isnan(row["restricted_mean_ratio"])
    assert "cross_entropy has no runs" in row["method"]


def curve(curves: Curves, loss: str = "cross_entropy") -> pd.DataFrame:
    history, runs = tables(curves)
    times = survival.times_to_target(history, runs, targets(0.1))
    table = survival.kaplan_meier(times, history, runs, 0.95)
    return table[table["loss"] == loss].set_index("steps")


def test_kaplan_meier_is_the_share_of_runs_and_starts_at_none() -> None:
    found = curve(LEARNED)
    assert found["reached"].to_dict() == {0: 0, 100: 0.25, 200: 0.5, 300: 0.75, 400: 0.75}
    assert found["at_risk"].to_dict() == {0: 4, 100: 4, 200: 3, 300: 2, 400: 1}
    assert found["passes"].to_dict() == {0: 0, 100: 1, 200: 2, 300: 3, 400: 4}


def test_kaplan_meier_interval_is_greenwood_on_the_log_log_scale() -> None:
    # S(100) = 3/4, Greenwood's sum 1 / (4·3); S^exp(± 1.96 √sum / log S).
    half = stats.norm.ppf(0.975) * np.sqrt(1 / 12) / np.log(0.75)
    row = curve(LEARNED).loc[100]
    assert row["ci_low"] == pytest.approx(1 - 0.75 ** np.exp(half))
    assert row["ci_high"] == pytest.approx(1 - 0.75 ** np.exp(-half))


def test_kaplan_meier_of_few_or_censored_runs_has_no_interval() -> None:
    lonely = curve({"cross_entropy": {0: [0.5, 0.1, 0.1, 0.1]}})
    assert lonely["reached"].to_dict() == {0: 0, 200: 1, 400: 1}
    assert lonely["ci_low"].isna().all()
    never = curve({"cross_entropy": {seed: [0.5] * 4 for seed in range(4)}})
    assert never["reached"].to_dict() == {0: 0, 400: 0}


def test_resolution_is_the_log_width_of_the_measurement_interval() -> None:
    history, runs = tables({"cross_entropy": {0: [0.1] * 4, 1: [0.5, 0.5, 0.1, 0.1], 2: [0.5] * 4}})
    times = survival.times_to_target(history, runs, targets(0.1))
    found = survival.resolutions(times, history)
    # Nothing was measured before step 100: the interval starts at step 1.
    assert found.tolist() == pytest.approx([np.log(100), np.log(3 / 2), 0])
