"""The tables of errors: against the reference, over seeds, by class."""

import pandas as pd

from lossbench.cards.metric import METRICS
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import CLASSES, COMPARISON
from lossbench.words.names import loss_name, metric_name

PLACE = list(COMPARISON)
CELL = [*PLACE, "loss", "setting"]


def error_contrasts(tables: Tables) -> DataTable:
    """Paired differences in final test error, each loss to the reference."""
    frame = rows_of(tables, "contrasts", rates="tuned", metric="error")
    return _differences(frame, "tables/error-contrasts.txt.j2")


def same_rate(tables: Tables) -> DataTable:
    """Paired differences at the one rate that suits the reference: confounded."""
    frame = rows_of(tables, "contrasts", rates="same_rate", scale="difference")
    return _differences(frame, "tables/same-rate.txt.j2")


def _differences(frame: pd.DataFrame, words: str) -> DataTable:
    return data_table(
        frame,
        (
            *columns.CELL,
            *columns.estimate(columns.points, "Difference"),
            columns.points("replicates_low", "seeds alone from"),
            columns.points("replicates_high", "to"),
            columns.VERDICT,
            columns.AGAIN,
            Shown("test_images", "Test images", columns.whole, numeric=True, optional=True),
            columns.width("margin", "Margin"),
            columns.p_value("p_value", "Sign-flip p"),
            columns.p_value("p_adjusted", "t-test p, Holm"),
            Shown("improvement", "Wins", "{:.0%}".format, numeric=True),
            columns.PAIRS,
            columns.FAMILY,
            columns.METHOD,
        ),
        **table_words(words),
    )


def errors(tables: Tables) -> DataTable:
    """Final metrics of each loss over its seeds."""
    wide = _wide_metrics(tables)
    groups = wide.groupby(CELL)
    spread = groups["error"].agg(["mean", "std", "min", "max", "count"])
    others = [name for name in ("nll", "brier", "ece") if name in wide]
    frame = spread.join(groups[others].mean()).reset_index().rename(columns={"count": "seeds"})
    return data_table(
        frame,
        (
            *columns.CELL,
            columns.SETTING,
            columns.count("seeds", "Replicates"),
            columns.percent("mean", "Mean test error"),
            columns.percent("std", "SD"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            *(_metric_column(name) for name in others),
        ),
        **table_words("tables/errors.txt.j2"),
    )


def seed_errors(tables: Tables) -> DataTable:
    """The final test error of every run, one row a seed: the pairs behind the contrasts."""
    found = rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")
    wide = found.pivot_table(index=[*PLACE, "seed"], columns="loss", values="value")
    return data_table(
        wide.reset_index(),
        (
            *columns.COMPARISON,
            columns.SEED,
            *(columns.percent(loss, loss_name(loss)) for loss in wide.columns),
        ),
        **table_words("tables/seed-errors.txt.j2"),
        folded=True,
    )


def class_errors(tables: Tables) -> DataTable:
    """Mean error on the test images of each class."""
    wide = _wide_metrics(tables)
    names = [f"class_error_{label}" for label in range(CLASSES) if f"class_error_{label}" in wide]
    return data_table(
        wide.groupby(CELL)[names].mean().reset_index(),
        (
            *columns.CELL,
            *(columns.percent(name, f"class {name.rpartition('_')[2]}") for name in names),
        ),
        **table_words("tables/class-errors.txt.j2"),
        folded=True,
    )


def confusion(tables: Tables) -> DataTable:
    """How many test images of each class every loss took for each class, mean over seeds."""
    found = rows_of(tables, "confusion", stage="evaluation")
    mean = found.groupby([*CELL, "label", "predicted"])["count"].mean().unstack("predicted")
    mean.columns = [f"predicted_{predicted}" for predicted in mean.columns]
    return data_table(
        mean.reset_index(),
        (
            *columns.CELL,
            columns.count("label", "True class"),
            *(
                columns.decimal(name, f"as {name.rpartition('_')[2]}", digits=1)
                for name in mean.columns
            ),
        ),
        **table_words("tables/confusion.txt.j2"),
        folded=True,
    )


def _wide_metrics(tables: Tables) -> pd.DataFrame:
    found = rows_of(tables, "metrics", split="test", stage="evaluation")
    return found.pivot(index=[*CELL, "seed"], columns="metric", values="value").reset_index()


def _metric_column(name: str) -> Shown:
    label = metric_name(name)
    if METRICS[name].unit == "fraction":
        return columns.percent(name, label)
    return columns.decimal(name, label, METRICS[name].unit)
