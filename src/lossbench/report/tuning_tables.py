"""The tables of the tuning: what was tried, what was chosen."""

from collections import Counter

import pandas as pd

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.tables.rows import Tables, of_comparisons, rows_of
from lossbench.tables.runs import COMPARISON

_TRIAL = [*COMPARISON, "loss", "setting", "learning_rate"]


def choices(tables: Tables) -> DataTable:
    """The rates and margins of every loss that replicates chose, and how many chose each."""
    groups = rows_of(tables, "choices").groupby(_TRIAL)
    frame = groups.agg(
        replicates=("seed", "count"),
        on_edge=("on_edge", "first"),
        validation_error=("validation_error", "mean"),
        trials=("trials", "first"),
    ).reset_index()
    frame = frame.assign(on_edge=frame["on_edge"].map({True: "on the edge", False: "inside"}))
    return data_table(
        frame,
        (
            *columns.CELL,
            columns.LEARNING_RATE,
            columns.SETTING,
            columns.count("replicates", "Replicates"),
            Shown("on_edge", "Place in its grid", style="name"),
            columns.percent("validation_error", "Validation error, mean"),
            columns.count("trials", "Trials"),
        ),
        **table_words("tables/choices.txt.j2"),
    )


def trials(tables: Tables) -> DataTable:
    """Validation error at the end of the tuning runs, for every rate that was tried."""
    tuning = rows_of(tables, "metrics", split="validation", metric="error", stage="tuning")
    found = of_comparisons(tuning, rows_of(tables, "choices"))
    spread = found.groupby(_TRIAL)["value"].agg(["mean", "min", "max", "count"]).reset_index()
    chosen = rows_of(tables, "choices").groupby(_TRIAL).size().rename("chosen").reset_index()
    frame = spread.merge(chosen, on=_TRIAL, how="left").rename(columns={"count": "seeds"})
    return data_table(
        frame.fillna({"chosen": 0}),
        (
            *columns.CELL,
            columns.SETTING,
            columns.LEARNING_RATE,
            columns.percent("mean", "Validation error, mean"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            columns.count("seeds", "Replicates"),
            columns.count("chosen", "that chose it"),
        ),
        **table_words("tables/trials.txt.j2"),
        folded=True,
    )


def edges(choices: pd.DataFrame) -> pd.DataFrame:
    """How many choices lie on an edge of their grid, by loss: of either edge and of both."""
    of_loss = choices.groupby([*COMPARISON, "loss"])
    found = of_loss.agg(count=("on_edge", "sum"), replicates=("seed", "count"))
    on_edge = choices[choices["on_edge"]].groupby([*COMPARISON, "loss"])["learning_rate"]
    ends = {key: sorted(Counter(rates).items()) for key, rates in on_edge}
    at_edge = found[found["count"] > 0].reset_index()
    keys = at_edge[[*COMPARISON, "loss"]].itertuples(index=False, name=None)
    return at_edge.assign(ends=[ends[key] for key in keys])
