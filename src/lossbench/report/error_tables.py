"""The tables of errors: against the reference, over seeds, by class."""

from collections.abc import Collection, Sequence

import pandas as pd

from lossbench.analysis.class_errors import (
    SHOWN,
    confusions,
    mean_errors,
    most_confused,
    most_different,
)
from lossbench.cards.metric import METRICS
from lossbench.cards.own_cards import loss_cards
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import TableWords, table_words
from lossbench.tables.rows import Tables, errors_by_loss, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.words.names import loss_name, metric_name

PLACE = list(COMPARISON)
CELL = [*PLACE, "loss", "setting"]


def error_contrasts(tables: Tables) -> DataTable:
    """Paired differences in final test error, each loss to the reference."""
    frame = rows_of(tables, "contrasts", rates="tuned", metric="error")
    return _differences(frame, "tables/error-contrasts.txt.j2")


def same_rate(tables: Tables) -> DataTable:
    """Paired differences at the one rate that suits the reference: confounded."""
    frame = rows_of(tables, "contrasts", rates="same_rate", metric="validation_error")
    return _differences(frame, "tables/same-rate.txt.j2")


def _differences(frame: pd.DataFrame, words: str) -> DataTable:
    return data_table(
        frame,
        (
            *columns.CELL,
            *columns.estimate(columns.points, "Difference"),
            columns.points("replicates_low", "replicates alone from"),
            columns.points("replicates_high", "to"),
            columns.VERDICT,
            columns.AGAIN,
            Shown("test_images", "Test images", columns.whole, numeric=True, optional=True),
            columns.MARGIN,
            *columns.P_VALUES,
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
    there = set(wide["loss"])
    silent = [
        card.name for loss, card in loss_cards().items() if loss in there and card.output == "none"
    ]
    # A diverged run has no probabilities: a mean of the others would flatter a loss that fails.
    means = groups[others].agg(lambda values: values.mean(skipna=False))
    frame = spread.join(means).reset_index().rename(columns={"count": "seeds"})
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
        **table_words("tables/errors.txt.j2", silent=silent),
    )


def seed_errors(tables: Tables) -> DataTable:
    """The final test error of every run, one row a seed: the pairs behind the contrasts."""
    wide = errors_by_loss(tables, "seed")
    words = table_words("tables/seed-errors.txt.j2")
    return _by_loss(wide.reset_index(), list(wide.columns), (columns.SEED,), words)


def class_errors(tables: Tables) -> DataTable:
    """Mean error on the test images of each class; of many classes on those where losses differ."""
    errors = mean_errors(rows_of(tables, "class_errors"))
    parts = [
        here.pivot(index=[*PLACE, "label"], columns="loss", values="error")
        .reindex(most_different(here), level="label")
        .reset_index()
        for _, here in errors.groupby(PLACE)
    ]
    named = _named(pd.concat(parts), tables, "label")
    words = table_words("tables/class-errors.txt.j2", shown=SHOWN)
    return _by_loss(named, set(errors["loss"]), (Shown("label_name", "Class"),), words)


def confusion(tables: Tables) -> DataTable:
    """Shares of classes that were taken for other ones, median over seeds: the largest."""
    found = confusions(rows_of(tables, "confusion", stage="evaluation"))
    none = found[[*PLACE, "label", "predicted"]].iloc[:0]  # where no run errs
    parts = [
        here.pivot(index=[*PLACE, "label", "predicted"], columns="loss", values="share")
        .fillna(0.0)
        .reset_index()
        .set_index(["label", "predicted"])
        .loc[most_confused(here)]
        .reset_index()
        for _, here in found.groupby(PLACE)
    ]
    named = _named(pd.concat([none, *parts]), tables, "label", "predicted")
    classes = (Shown("label_name", "True class"), Shown("predicted_name", "Taken for"))
    words = table_words("tables/confusion.txt.j2", shown=SHOWN)
    return _by_loss(named, set(found["loss"]), classes, words)


def _named(frame: pd.DataFrame, tables: Tables, *labels: str) -> pd.DataFrame:
    """With the names of the classes in columns of numbers: `label_name` for `label`."""
    names = rows_of(tables, "class_names").set_index(["dataset", "label"])["name"]
    for column in labels:
        frame = frame.join(names.rename(f"{column}_name"), on=["dataset", column])
    return frame


def _by_loss(
    frame: pd.DataFrame, losses: Collection[str], rows: Sequence[Shown], words: TableWords
) -> DataTable:
    """A column for each loss, in percent; `rows` name a row within its comparison."""
    shown = (columns.percent(loss, loss_name(loss)) for loss in loss_cards() if loss in losses)
    return data_table(frame, (*columns.COMPARISON, *rows, *shown), **words, folded=True)


def _wide_metrics(tables: Tables) -> pd.DataFrame:
    found = rows_of(tables, "metrics", split="test", stage="evaluation")
    return found.pivot(index=[*CELL, "seed"], columns="metric", values="value").reset_index()


def _metric_column(name: str) -> Shown:
    label = metric_name(name)
    if METRICS[name].unit == "fraction":
        return columns.percent(name, label)
    return columns.decimal(name, label, METRICS[name].unit)
