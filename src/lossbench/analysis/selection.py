"""From tuning runs to each loss's learning rate and to the targets, before any evaluation run."""

import itertools
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from lossbench.analysis import outcomes
from lossbench.analysis.outcomes import KEY
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.errors import TableError
from lossbench.study.fields import Goal
from lossbench.study.grid import LossGrid
from lossbench.tables import study
from lossbench.tables.parquet import check
from lossbench.tables.rows import of_comparisons
from lossbench.tables.runs import CHANCE_ERROR, COMPARISON

CELL = ["learning_rate", "setting"]
TUNED = [*COMPARISON, "tuning_epochs"]

FACTORS = {1: 4.0, 2: 2.0, 3: 1.0}
"""Of the hardest target's error, for each target."""
CEILINGS = {1: 0.75, 2: 0.5, 3: 0.0}
"""Where a target lies at most, as a share of the way from the hardest target to chance."""
HARDEST_CEILING = 0.8
"""No target is easier than this by itself: at chance it would be reached without learning."""


def choose(
    history: pd.DataFrame,
    runs: pd.DataFrame,
    grid: LossGrid,
    seeds: Mapping[int, int],
    *,
    epochs: int,
    tuned_for: Goal = "error",
) -> pd.DataFrame:
    """The CHOICES of a loss in the comparison of this length, one a replicate, from its tuning.

    `seeds` has the evaluation seed of every tuning seed. The winner of a replicate is the run of
    its tuning seed with the lowest value of what the recipe is tuned for; ties go to the smaller
    rate, then to the margin that the grid lists first. Diverged runs count as chance. Runs outside
    the grid, which other comparisons asked for, are passed over.

    Raises TableError: a cell of the grid lacks the run of a seed, or the runs mix data sets,
    networks, recipes, lengths or losses.
    """
    order = [margin.label for margin in grid.margins] or [""]
    tuning = runs[runs["stage"] == "tuning"]
    in_grid = tuning["learning_rate"].isin(grid.learning_rates) & tuning["setting"].isin(order)
    in_grid &= tuning["seed"].isin(seeds)
    tuned = outcomes.final_validation_errors(history, tuning[in_grid])
    _require_grid(tuned, grid, seeds)
    tuned["goal"] = GOALS[tuned_for](tuned, history)
    tuned["position"] = tuned["setting"].map(order.index)
    ranked = tuned.sort_values(["seed", "goal", "learning_rate", "position"])
    winners = ranked.drop_duplicates("seed")
    edges = (min(grid.learning_rates), max(grid.learning_rates))
    chosen = winners[[*COMPARISON, "loss", *CELL, "validation_error"]].assign(
        epochs=epochs,
        tuning_epochs=winners["epochs"],
        seed=winners["seed"].map(seeds),
        tuning_seed=winners["seed"],
        trials=grid.trials,
        on_edge=winners["learning_rate"].isin(edges),
    )
    return check(chosen, study.CHOICES)


def _final_error(tuned: pd.DataFrame, _history: pd.DataFrame) -> pd.Series:
    return tuned["validation_error"]


def _mean_log_error(tuned: pd.DataFrame, history: pd.DataFrame) -> "pd.Series[float]":
    """Of each run, over its measured points after the untrained network.

    An error of zero counts as half of the smallest other one that was measured.
    """
    points = history[history["step"] > 0].merge(tuned[[*KEY, "diverged"]], on=KEY)
    points.loc[points["diverged"], "validation_error"] = CHANCE_ERROR
    positive = points["validation_error"][points["validation_error"] > 0]
    errors = points["validation_error"].clip(lower=positive.min() / 2)
    means = np.log(errors).groupby([points[name] for name in KEY]).mean().rename("mean")
    # A run that broke off before it was measured counts as chance too.
    return tuned.join(means, on=KEY)["mean"].fillna(np.log(CHANCE_ERROR))


GOALS: dict[Goal, Callable[[pd.DataFrame, pd.DataFrame], pd.Series]] = {
    "error": _final_error,
    "speed": _mean_log_error,
}
"""What tuning makes small, a value a run, by what a recipe is tuned for."""


def targets(history: pd.DataFrame, runs: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """The TARGETS rows of every comparison in `choices`.

    Target 3 is the error that the weaker of the primary pair reaches in its median tuning run at
    its chosen rate; 2 and 1 are twice and four times that. They stay apart from each other and
    from chance: at most half and three quarters of the way there (`CEILINGS`).

    Raises TableError: `choices` has neither loss of the pair in some comparison, or no tuning run
    has the chosen rate.
    """
    tuned = outcomes.final_validation_errors(history, runs[runs["stage"] == "tuning"])
    rows = [
        {
            **dict(zip(TUNED, names, strict=True)),
            "target": target,
            "validation_error": error,
        }
        for names, chosen in choices.groupby(TUNED)
        for target, error in _ladder(_hardest(tuned, chosen)).items()
    ]
    return check(pd.DataFrame(rows), study.TARGETS)


def _hardest(tuned: pd.DataFrame, chosen: pd.DataFrame) -> float:
    """The larger of the primary pair's median errors in one comparison."""
    pair = chosen[chosen["loss"].isin([REFERENCE, PRIMARY])]
    cell = [*COMPARISON, "loss", *CELL, "seed"]
    winners = pair.assign(seed=pair["tuning_seed"])[cell]
    runs = of_comparisons(tuned, pair).merge(winners, on=cell)
    medians = runs.groupby("loss")["validation_error"].median()
    if pair.empty or len(medians) < pair["loss"].nunique():
        where = "/".join(map(str, chosen.iloc[0][list(COMPARISON)]))
        needed = sorted(set(pair["loss"]) - set(medians.index)) or [REFERENCE]
        raise TableError(f"targets of {where}: no tuning runs of {needed[0]} at its chosen rate")
    return float(medians.max())


def _ladder(hardest: float) -> dict[int, float]:
    """Target → validation error."""
    base = min(hardest, HARDEST_CEILING)
    to_chance = CHANCE_ERROR - base
    return {
        target: min(factor * base, base + CEILINGS[target] * to_chance) if factor > 1 else base
        for target, factor in FACTORS.items()
    }


def _require_grid(tuned: pd.DataFrame, grid: LossGrid, seeds: Mapping[int, int]) -> None:
    """One comparison and loss; every cell of the grid with every seed."""
    found = tuned[[*COMPARISON, "loss"]].drop_duplicates()
    if len(found) != 1 or found["loss"].iloc[0] != grid.loss:
        listed = found.to_dict("records")
        raise TableError(f"tuning runs of {listed}; allowed: {grid.loss} in one comparison")
    settings = [margin.label for margin in grid.margins] or [""]
    planned = set(itertools.product(grid.learning_rates, settings, seeds))
    if missing := planned - set(zip(*(tuned[name] for name in (*CELL, "seed")), strict=True)):
        rate, setting, seed = min(missing, key=str)
        odd = ", ".join(filter(None, [f"rate {rate:g}", setting, f"seed {seed}"]))
        raise TableError(f"tuning runs of {grid.loss}: {odd} of the grid is missing")
