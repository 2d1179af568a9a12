"""Pick rows out of tables, in the project's order. A table that was not made has no rows."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lossbench.cards.own_cards import dataset_cards, loss_cards, network_cards
from lossbench.tables.parquet import empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import TABLES

Tables = Mapping[str, pd.DataFrame]
"""The study's tables by name. A table that was not made is absent or empty."""

Record = Any
"""A row of a table as an object; its columns are attributes."""


def filled(tables: Tables, *names: str) -> bool:
    """Whether all these tables are there and have rows."""
    return all(name in tables and len(tables[name]) for name in names)


def rows_of(tables: Tables, name: str, /, **wanted: object) -> pd.DataFrame:
    """The rows of a table in which each column in `wanted` has the wanted value.

    Of the study's tables, one that was not made has none.
    """
    frame = tables[name] if name in tables else empty(TABLES[name])
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def errors_by_loss(tables: Tables, *within: str) -> pd.DataFrame:
    """The mean test error: a row a comparison and value of `within`, a column a loss."""
    found = rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")
    return found.pivot_table(index=[*COMPARISON, *within], columns="loss", values="value")


def class_names(tables: Tables, dataset: str) -> tuple[str, ...]:
    """What the data set's classes are called, by label."""
    named = rows_of(tables, "class_names", dataset=dataset).sort_values("label")
    return tuple(named["name"])


def of_comparisons(tuning: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """The rows of tuning runs, each once for every comparison that chose from it.

    `epochs` is then the comparison's, and `tuning_epochs` the run's own.
    """
    of_run = {"epochs": "tuning_epochs"}
    chosen = choices[[*COMPARISON, "loss", "tuning_epochs"]].drop_duplicates()
    shared = [name for name in chosen if name != "epochs"]
    return tuning.rename(columns=of_run).merge(chosen, on=shared)


def records(frame: pd.DataFrame) -> list[Record]:
    """The frame's rows as objects, in the project's order."""
    return list(in_order(frame).itertuples(index=False))


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with data sets, networks and losses in the project's order, otherwise as it was.

    Comparisons of one network are sorted by recipe and length.
    """
    order = _order()
    keys = [*COMPARISON, "loss"] if "recipe" in frame else list(order)
    return frame.sort_values(
        [name for name in keys if name in frame],
        key=lambda values: values.map(order.get(str(values.name), lambda value: value)),
        kind="stable",
    )


def _order() -> dict[str, dict[str, int]]:
    """Column → value → its position."""
    ordered = (("dataset", dataset_cards()), ("model", network_cards()), ("loss", loss_cards()))
    return {
        column: {str(name): position for position, name in enumerate(names)}
        for column, names in ordered
    }
