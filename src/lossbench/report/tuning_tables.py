"""The tables of the tuning: what was tried, what was chosen."""

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.tables.rows import Tables, of_comparisons, rows_of
from lossbench.tables.runs import COMPARISON

_TRIAL = [*COMPARISON, "loss", "setting", "learning_rate"]


def choices(tables: Tables) -> DataTable:
    """The chosen rate and margin of every loss."""
    frame = rows_of(tables, "choices")
    frame = frame.assign(on_edge=frame["on_edge"].map({True: "on the edge", False: "inside"}))
    return data_table(
        frame,
        (
            *columns.CELL,
            columns.LEARNING_RATE,
            columns.SETTING,
            Shown("on_edge", "Place in its grid", style="name"),
            columns.percent("validation_error", "Validation error"),
            columns.count("trials", "Trials"),
        ),
        **table_words("tables/choices.txt.j2"),
    )


def trials(tables: Tables) -> DataTable:
    """Validation error at the end of the tuning runs, for every rate that was tried."""
    tuning = rows_of(tables, "metrics", split="validation", metric="error", stage="tuning")
    found = of_comparisons(tuning, rows_of(tables, "choices"))
    spread = found.groupby(_TRIAL)["value"].agg(["mean", "min", "max", "count"]).reset_index()
    chosen = rows_of(tables, "choices")[_TRIAL].assign(chosen="chosen")
    frame = spread.merge(chosen, on=_TRIAL, how="left").rename(columns={"count": "seeds"})
    return data_table(
        frame.fillna({"chosen": ""}),
        (
            *columns.CELL,
            columns.SETTING,
            columns.LEARNING_RATE,
            columns.percent("mean", "Validation error, mean"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            columns.count("seeds", "Seeds"),
            Shown("chosen", "Choice"),
        ),
        **table_words("tables/trials.txt.j2"),
        folded=True,
    )
