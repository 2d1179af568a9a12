"""The tables of speed from runs: whose levels, which budget, what a missed level counts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from builders.study_tables import PLACE, make_history, make_runs
from lossbench.stats import levels
from lossbench.tables import study
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import HISTORY

Curves = dict[str, dict[int, list[float] | None]]
"""Loss → seed → validation errors every 100 steps; None where the run diverged at once."""


def goals(*errors: float, **place: Any) -> pd.DataFrame:
    rows = [
        PLACE | {"tuning_epochs": 4, "level": level, "validation_error": error} | place
        for level, error in enumerate(errors, start=1)
    ]
    return check(pd.DataFrame(rows), study.LEVELS)


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
    return levels.steps_to_level(*tables(curves), goals(*errors))


def test_a_run_meets_a_level_where_its_lowest_error_does() -> None:
    steps = timed({"cross_entropy": {0: [0.4, 0.1, 0.3, 0.05], 1: [0.4, 0.2, 0.2, 0.1]}}, 0.2, 0.1)
    # From 0.4 at 100 to 0.1 at 200: 0.2 is halfway on both log axes.
    assert steps["steps"].tolist() == pytest.approx([100 * np.sqrt(2), 200, 200, 400])
    assert steps["reached"].all()


def test_a_missed_level_counts_with_the_budget_and_a_diverged_run_meets_none() -> None:
    found = timed({"cross_entropy": {0: [0.5, 0.3, 0.2, 0.2]}, "mse_softmax": {0: None}}, 0.3, 0.1)
    steps = found.pivot(index="loss", columns="level", values="steps")
    assert steps.loc["cross_entropy"].tolist() == pytest.approx([200, 400])
    assert steps.loc["mse_softmax"].tolist() == [400, 400]
    assert found["reached"].tolist() == [True, False, False, False]
    history, runs = tables({"cross_entropy": {0: [0.5, 0.1, 0.1, 0.1], 1: [0.1]}})
    runs["diverged"] = runs["seed"] == 1
    steps = levels.steps_to_level(history, runs, goals(0.2))
    assert steps["reached"].tolist() == [True, False]
    assert steps["steps"].iloc[1] == 400


def test_a_tuning_run_has_the_levels_of_the_comparison_that_chose_from_it() -> None:
    history, runs = tables({"cross_entropy": {0: [0.5, 0.1]}}, stage="tuning", epochs=2)
    longer = goals(0.1, tuning_epochs=2)
    steps = levels.steps_to_level(history, runs, longer)
    assert steps[["epochs", "level", "reached"]].to_numpy().tolist() == [[2, 1, True]]
    assert levels.steps_to_level(history, runs, goals(0.1)).empty


def test_without_levels_or_reference_there_is_nothing() -> None:
    elsewhere = goals(0.1, model="lenet")
    run = tables({"cross_entropy": {0: [0.5, 0.1]}})
    assert levels.steps_to_level(*run, elsewhere).empty
    alone = timed({"mse_softmax": {0: [0.5, 0.1]}}, 0.2)
    assert list(levels.compared(alone)) == []
    assert levels.level_ratios(alone, 0.95).empty


def test_only_evaluation_runs_have_ratios_at_levels() -> None:
    both = {"cross_entropy": {0: [0.4, 0.1]}, "mse_softmax": {0: [0.4, 0.4, 0.4, 0.1]}}
    steps = timed(both, 0.4, 0.1)
    table = levels.level_ratios(steps, 0.95)
    assert table["ratio"].tolist() == pytest.approx([1, 2])
    assert table["ci_low"].isna().all()
    assert levels.level_ratios(steps.assign(stage="tuning"), 0.95).empty
