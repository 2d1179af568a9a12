"""The theory chapter's tables as their schemas describe them."""

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.tables.contract import Column
from lossbench.tables.rows import Tables
from lossbench.tables.theory import THEORY_TABLES

MOST_ROWS = 100
"""Longer tables hold curves: they are CSVs alone."""


def short_table(name: str, tables: Tables) -> DataTable | None:
    """The chapter's table called `name`; None where it is long."""
    if len(tables[name]) > MOST_ROWS:
        return None
    return data_table(
        tables[name],
        [_shown(column) for column in THEORY_TABLES[name].columns],
        name=name.replace("_", "-"),
        caption=name.replace("theory_", "").replace("_", " ").capitalize(),
        folded=True,
    )


def _shown(column: Column) -> Shown:
    label = column.name.replace("_", " ").capitalize()
    if column.kind == "text":
        return columns.LOSS if column.name == "loss" else Shown(column.name, label)
    if column.kind == "bool":
        return Shown(column.name, label, lambda value: "yes" if value else "no")
    if column.kind.startswith("int"):
        return columns.count(column.name, label, column.unit)
    return columns.quantity(column.name, label, column.unit)
