"""The tables of speed: when every run meets each level, and the ratios of steps there."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lossbench.analysis.outcomes import KEY
from lossbench.cards.loss import REFERENCE
from lossbench.stats import speed
from lossbench.stats.speed import Comparison, Crossings, Floats
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import LEVEL_RATIOS, STEPS_TO_LEVEL

PLACE = list(COMPARISON)


def steps_to_level(history: pd.DataFrame, runs: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """The STEPS_TO_LEVEL rows of every run, tuning runs included, and every level of its place.

    A level that a run misses counts with its budget: what the longest run of the same comparison
    and stage took, since all losses are given the same. A diverged run meets none, whatever it
    had met before. A tuning run has the levels of the first comparison that chose from it.
    """
    tuned = levels.assign(epochs=levels["tuning_epochs"]).drop_duplicates([*PLACE, "level"])
    goals = pd.concat([levels.assign(stage="evaluation"), tuned.assign(stage="tuning")])
    goals = goals[["stage", *PLACE, "level", "validation_error"]].sort_values("level")
    budgets = runs.groupby(["stage", *PLACE])["steps"].transform("max")
    rows = runs[[*KEY, "diverged"]].assign(budget=budgets).merge(goals, on=["stage", *PLACE])
    if rows.empty:
        return empty(STEPS_TO_LEVEL)
    curves = dict(iter(history.sort_values("step").groupby(KEY)))
    steps = [_steps(mine, curves.get(run)) for run, mine in rows.groupby(KEY, sort=False)]
    rows["reached"] = np.isfinite(np.concatenate(steps))
    rows["steps"] = np.where(rows["reached"], np.concatenate(steps), rows["budget"])
    return check(rows.drop(columns=["diverged", "budget"]), STEPS_TO_LEVEL)


def _steps(goals: pd.DataFrame, curve: pd.DataFrame | None) -> Floats:
    """When one run with this curve meets its goals; infinite where it does not."""
    if curve is None or goals["diverged"].any():
        return np.full(len(goals), np.inf)
    points = curve["step"].to_numpy(), curve["validation_error"].to_numpy()
    return speed.steps_to_levels(*points, goals["validation_error"].to_numpy())


def compared(steps: pd.DataFrame) -> Iterator[tuple[str, Comparison]]:
    """Each loss but the reference, at the seeds that both have, from the steps in one place."""
    by_loss = {str(loss): rows for loss, rows in steps.groupby("loss")}
    reference = by_loss.pop(REFERENCE, None)
    for loss, rows in by_loss.items():
        seeds = sorted({*rows["seed"]} & {*reference["seed"]}) if reference is not None else []
        if seeds:
            yield loss, Comparison(Crossings.of(rows, seeds), Crossings.of(reference, seeds))


def level_ratios(steps: pd.DataFrame, coverage: float) -> pd.DataFrame:
    """The LEVEL_RATIOS rows of the evaluation runs, their bands at this coverage."""
    evaluated = steps[steps["stage"] == "evaluation"]
    frames = [
        pd.concat([_goals(here), speed.by_level(pairs, coverage)], axis=1).assign(loss=loss)
        for _, here in evaluated.groupby(PLACE)
        for loss, pairs in compared(here)
    ]
    return check(pd.concat(frames), LEVEL_RATIOS) if frames else empty(LEVEL_RATIOS)


def _goals(steps: pd.DataFrame) -> pd.DataFrame:
    """The levels of one place, in order."""
    goals = steps[[*PLACE, "level", "validation_error"]].drop_duplicates("level")
    return goals.sort_values("level", ignore_index=True)
