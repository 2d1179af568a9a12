"""The theory section: statements, figures, and the chapter's tables as their schemas describe."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from lossbench.figures.catalogue import figures_of
from lossbench.report import columns
from lossbench.report.blocks import (
    Block,
    FigureContent,
    Heading,
    Prose,
    formulated,
)
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.drawings import drawn
from lossbench.report.evidence import Tables, filled
from lossbench.report.statements import Statement
from lossbench.tables.contract import Column
from lossbench.tables.theory import THEORY_TABLES

MOST_ROWS = 100
"""Longer tables hold curves: they stand beside the page as CSV, not in it."""


def theory(
    tables: Tables, figures: Mapping[str, FigureContent], statements: Sequence[Statement]
) -> Iterator[Block]:
    """The section's blocks: each statement with its figure, then the numbers."""
    said = [statement.figure for statement in statements]
    for statement in statements:
        yield Heading(statement.heading)
        yield Prose(formulated(statement.html, statement.figure))
        yield from drawn(statement.figure, figures, tables)
    for name in figures_of("theory"):
        if name not in said:
            yield from drawn(name, figures, tables)
    made = [name for name in THEORY_TABLES if filled(tables, name)]
    if made:
        yield Heading("Numbers of the theory")
    for name in made:
        if len(tables[name]) <= MOST_ROWS:
            yield _table(name, tables[name])
    if made:
        yield Prose("Every table of this chapter stands beside the page as CSV.", quiet=True)


def _table(name: str, frame: pd.DataFrame) -> DataTable:
    shown = [_shown(column) for column in THEORY_TABLES[name].columns]
    return data_table(
        frame,
        shown,
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
