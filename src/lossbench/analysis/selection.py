"""From tuning runs to each loss's learning rate and to the levels, before any evaluation run."""

import itertools
from collections.abc import Mapping

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
from lossbench.tables.runs import COMPARISON

CELL = ["learning_rate", "setting"]
TUNED = [*COMPARISON, "tuning_epochs"]

LEVELS = 20
EASIEST_FACTOR = 4.0
"""Of the hardest level's error, for the easiest."""
EASIEST_SHARE, HARDEST_SHARE = 0.75, 0.6
"""No level is easier, and the hardest not easier, than this share of the error of chance."""
FAILED_SHARE = EASIEST_SHARE
"""A run that ends at this share of the error of chance or above has failed to learn."""
LOWEST = 0.001
"""No level is harder: an error lower than this is a handful of validation images."""


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
    rate, then to the margin that the grid lists first. Tuned for speed, a rate beside a failure
    wins only where every rate is so. Diverged runs count as chance. Runs outside the grid, which
    other comparisons asked for, are passed over.

    Raises TableError: a cell of the grid lacks the run of a seed, or the runs mix data sets,
    networks, recipes, lengths or losses.
    """
    order = [margin.label for margin in grid.margins] or [""]
    tuning = runs[runs["stage"] == "tuning"]
    in_grid = tuning["learning_rate"].isin(grid.learning_rates) & tuning["setting"].isin(order)
    in_grid &= tuning["seed"].isin(seeds)
    tuned = outcomes.final_validation_errors(history, tuning[in_grid])
    _require_grid(tuned, grid, seeds)
    is_for_speed = tuned_for == "speed"
    tuned["goal"] = _mean_log_error(tuned, history) if is_for_speed else tuned["validation_error"]
    tuned["risky"] = is_for_speed & _beside_failure(tuned)
    tuned["position"] = tuned["setting"].map(order.index)
    ranked = tuned.sort_values(["seed", "risky", "goal", "learning_rate", "position"])
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


def _mean_log_error(tuned: pd.DataFrame, history: pd.DataFrame) -> "pd.Series[float]":
    """Of each run, over its measured points after the untrained network.

    An error of zero counts as half of the smallest other one that was measured.
    """
    points = history[history["step"] > 0].merge(tuned[[*KEY, "diverged", "classes"]], on=KEY)
    errors = points["validation_error"].mask(points["diverged"], outcomes.chance_errors(points))
    errors = errors.clip(lower=errors[errors > 0].min() / 2)
    means = np.log(errors).groupby([points[name] for name in KEY]).mean().rename("mean")
    # A run that broke off before it was measured counts as chance too.
    return tuned.join(means, on=KEY)["mean"].fillna(np.log(outcomes.chance_errors(tuned)))


def _beside_failure(tuned: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the run, or that of its replicate at the next larger rate, has failed to learn.

    The fastest rate tends to be the last before training fails, and there it is luck whether a
    run learns: a single tuning run cannot tell.
    """
    failed = tuned["validation_error"] >= FAILED_SHARE * outcomes.chance_errors(tuned)
    by_rate = tuned.assign(failed=failed).sort_values("learning_rate")
    larger = by_rate.groupby(["seed", "setting"])["failed"].shift(-1, fill_value=False)
    return failed | larger


def levels(history: pd.DataFrame, runs: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """The LEVELS rows of every comparison in `choices`: twenty errors, evenly spaced on a log axis.

    The hardest is what the weaker of the primary pair reaches at its best, in its median tuning
    run at its chosen rate; the easiest is four times that, at most three quarters of chance.

    Raises TableError: `choices` has neither loss of the pair in some comparison, or no tuning run
    has the chosen rate.
    """
    tuned = _lowest_errors(history, runs[runs["stage"] == "tuning"])
    frames = []
    for names, chosen in choices.groupby(TUNED):
        weaker = _weaker(tuned, chosen)
        hardest = np.clip(weaker["validation_error"], LOWEST, HARDEST_SHARE * weaker["chance"])
        easiest = min(EASIEST_FACTOR * hardest, EASIEST_SHARE * weaker["chance"])
        errors = np.geomspace(easiest, hardest, LEVELS)
        rows = pd.DataFrame({"level": range(1, LEVELS + 1), "validation_error": errors})
        frames.append(rows.assign(**dict(zip(TUNED, names, strict=True))))
    return check(pd.concat(frames), study.LEVELS)


def _lowest_errors(history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Each run's lowest `validation_error`; a diverged one has reached nothing but chance."""
    ended = outcomes.final_validation_errors(history, runs)
    lowest = history.groupby(KEY)["validation_error"].min().rename("lowest")
    joined = ended.merge(lowest.reset_index(), on=KEY, how="left")
    kept = joined["lowest"].where(~joined["diverged"], joined["validation_error"])
    return ended.assign(validation_error=kept, chance=outcomes.chance_errors(ended))


def _weaker(tuned: pd.DataFrame, chosen: pd.DataFrame) -> pd.Series:
    """The larger of the primary pair's median errors in one comparison, and that of chance."""
    pair = chosen[chosen["loss"].isin([REFERENCE, PRIMARY])]
    cell = [*COMPARISON, "loss", *CELL, "seed"]
    winners = pair.assign(seed=pair["tuning_seed"])[cell]
    runs = of_comparisons(tuned, pair).merge(winners, on=cell)
    medians = runs.groupby("loss")[["validation_error", "chance"]].median()
    if pair.empty or len(medians) < pair["loss"].nunique():
        where = "/".join(map(str, chosen.iloc[0][list(COMPARISON)]))
        needed = sorted(set(pair["loss"]) - set(medians.index)) or [REFERENCE]
        raise TableError(f"levels of {where}: no tuning runs of {needed[0]} at its chosen rate")
    return medians.max()


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
