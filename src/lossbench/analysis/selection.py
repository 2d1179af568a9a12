"""From tuning runs to each loss's learning rate and to the targets, before any evaluation run."""

import pandas as pd

from lossbench.analysis import outcomes
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.errors import TableError
from lossbench.study.grid import LossGrid
from lossbench.tables import study
from lossbench.tables.parquet import check
from lossbench.tables.runs import CHANCE_ERROR

CELL = ["learning_rate", "setting"]

FACTORS = {1: 4.0, 2: 2.0, 3: 1.0}
"""Of the hardest target's error, for each target."""
CEILINGS = {1: 0.75, 2: 0.5, 3: 0.0}
"""Where a target lies at most, as a share of the way from the hardest target to chance."""
HARDEST_CEILING = 0.8
"""No target is easier than this by itself: at chance it would be reached without learning."""


def choose(history: pd.DataFrame, runs: pd.DataFrame, grid: LossGrid) -> pd.DataFrame:
    """The one CHOICES row of a loss on one data set and network, from its tuning runs.

    The winner has the lowest mean final validation error over the tuning seeds; ties go to the
    smaller rate, then to the margin that the grid lists first. Diverged runs count as chance.

    Raises TableError: the runs are not those of the grid, every cell with the same seeds, or they
    mix data sets, networks or losses.
    """
    tuned = outcomes.final_validation_errors(history, runs[runs["stage"] == "tuning"])
    _require_grid(tuned, grid)
    order = [margin.label for margin in grid.margins] or [""]
    means = tuned.groupby(CELL)["validation_error"].mean().reset_index()
    # Means of the same errors in another order differ in the last bits: that is a tie.
    means["rounded"] = means["validation_error"].round(12)
    means["position"] = means["setting"].map(order.index)
    winner = means.sort_values(["rounded", "learning_rate", "position"]).iloc[0]
    rates = grid.learning_rates
    row = {
        **tuned.iloc[0][["dataset", "model", "loss"]].to_dict(),
        "setting": winner["setting"],
        "learning_rate": winner["learning_rate"],
        "trials": grid.trials,
        "validation_error": winner["validation_error"],
        "on_edge": winner["learning_rate"] in (min(rates), max(rates)),
    }
    return check(pd.DataFrame([row]), study.CHOICES)


def targets(history: pd.DataFrame, runs: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """The TARGETS rows of every data set and network in `choices`.

    Target 3 is the error that the weaker of the primary pair reaches in its median tuning run at
    its chosen rate; 2 and 1 are twice and four times that. They stay apart from each other and
    from chance: at most half and three quarters of the way there (`CEILINGS`).

    Raises TableError: `choices` has neither loss of the pair on some network, or no tuning run
    has the chosen rate.
    """
    tuned = outcomes.final_validation_errors(history, runs[runs["stage"] == "tuning"])
    rows = [
        {"dataset": dataset, "model": model, "target": target, "validation_error": error}
        for (dataset, model), chosen in choices.groupby(["dataset", "model"])
        for target, error in _ladder(_hardest(tuned, chosen)).items()
    ]
    return check(pd.DataFrame(rows), study.TARGETS)


def _hardest(tuned: pd.DataFrame, chosen: pd.DataFrame) -> float:
    """The larger of the primary pair's median errors on one data set and network."""
    pair = chosen[chosen["loss"].isin([REFERENCE, PRIMARY])]
    cell = ["dataset", "model", "loss", *CELL]
    medians = tuned.merge(pair[cell], on=cell).groupby("loss")["validation_error"].median()
    if pair.empty or len(medians) < len(pair):
        where = "/".join(chosen.iloc[0][["dataset", "model"]])
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


def _require_grid(tuned: pd.DataFrame, grid: LossGrid) -> None:
    """One data set, network and loss; the grid's cells, all of them, with the same seeds."""
    found = tuned[["dataset", "model", "loss"]].drop_duplicates()
    if len(found) != 1 or found["loss"].iloc[0] != grid.loss:
        listed = found.to_dict("records")
        raise TableError(f"tuning runs of {listed}; allowed: {grid.loss} on one data set and model")
    settings = [margin.label for margin in grid.margins] or [""]
    planned = {(rate, setting) for rate in grid.learning_rates for setting in settings}
    seeds = tuned.groupby(CELL)["seed"].agg(frozenset).to_dict()
    if planned != set(seeds):
        odd = min(planned ^ set(seeds), key=str)
        raise TableError(f"tuning runs of {grid.loss}: cell {odd} is missing or not in the grid")
    if len(set(seeds.values())) > 1:
        counts = {cell: sorted(map(int, found)) for cell, found in seeds.items()}
        raise TableError(f"tuning runs of {grid.loss}: seeds differ between cells: {counts}")
