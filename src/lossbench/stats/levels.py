"""The tables of speed: when every run meets each level, and the ratios of steps there."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lossbench.analysis.outcomes import KEY
from lossbench.cards.loss import REFERENCE
from lossbench.stats import speed
from lossbench.stats.speed import Comparison, Crossings
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
    errors = {
        (stage, *place): each.sort_values("level")
        for stage, goals in (("evaluation", levels), ("tuning", tuned))
        for place, each in goals.groupby(PLACE)
    }
    measured = dict(iter(history.sort_values("step").groupby(KEY)))
    budgets = runs.groupby([*PLACE, "stage"])["steps"].transform("max")
    frames = []
    for row, budget in zip(runs.to_dict("records"), budgets, strict=True):
        goals = errors.get(tuple(row[name] for name in ("stage", *PLACE)))
        points = measured.get(tuple(row[name] for name in KEY))
        if goals is not None:
            steps = np.full(len(goals), np.inf)
            if points is not None and not row["diverged"]:
                curve = points["step"].to_numpy(), points["validation_error"].to_numpy()
                steps = speed.steps_to_levels(*curve, goals["validation_error"].to_numpy())
            reached = np.isfinite(steps)
            found = goals[["level", "validation_error"]].assign(reached=reached)
            identity = {name: row[name] for name in KEY}
            frames.append(found.assign(steps=np.where(reached, steps, budget), **identity))
    return check(pd.concat(frames), STEPS_TO_LEVEL) if frames else empty(STEPS_TO_LEVEL)


def compared(steps: pd.DataFrame) -> Iterator[tuple[str, list[int], Comparison]]:
    """Each loss but the reference with the seeds that both have, from the steps in one place."""
    by_loss = {str(loss): rows for loss, rows in steps.groupby("loss")}
    reference = by_loss.pop(REFERENCE, None)
    for loss, rows in by_loss.items():
        seeds = sorted({*rows["seed"]} & {*reference["seed"]}) if reference is not None else []
        if seeds:
            yield loss, seeds, Comparison(Crossings.of(rows, seeds), Crossings.of(reference, seeds))


def level_ratios(steps: pd.DataFrame, coverage: float) -> pd.DataFrame:
    """The LEVEL_RATIOS rows of the evaluation runs, their bands at this coverage."""
    evaluated = steps[steps["stage"] == "evaluation"]
    frames = [
        pd.concat([_goals(here), speed.by_level(pairs, coverage)], axis=1).assign(loss=loss)
        for _, here in evaluated.groupby(PLACE)
        for loss, _, pairs in compared(here)
    ]
    return check(pd.concat(frames), LEVEL_RATIOS) if frames else empty(LEVEL_RATIOS)


def _goals(steps: pd.DataFrame) -> pd.DataFrame:
    """The levels of one place, in order."""
    goals = steps[[*PLACE, "level", "validation_error"]].drop_duplicates("level")
    return goals.sort_values("level", ignore_index=True)
