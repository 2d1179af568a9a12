"""DataFrames as accessible HTML tables: what each cell shows, and the exact value behind it.

A cell's text is for reading, a dash where there is no value. Its raw value, at full precision, is
what sorting compares and what the downloaded CSV holds.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lossbench.tables.rows import in_order
from lossbench.tables.runs import NETWORK
from lossbench.words.numbers import ABSENT

NAME = "name"
"""The style of names and of few words."""
MOST_COLUMNS = 24
"""Of any table: so many the style sheet can tell apart."""
LONG = 12
"""Tables with more rows are folded until asked for."""

Format = Callable[[Any], str]


@dataclass(frozen=True)
class Shown:
    """One column of a frame as the reader meets it."""

    name: str
    """Column of the frame, and of the CSV."""
    label: str
    format: Format = str
    """Value to text."""
    numeric: bool = False
    """Whether values are numbers: right-aligned, sorted by size."""
    unit: str = ""
    header: bool = False
    """Whether its cells name their row."""
    code: bool = False
    """Whether its cells are code to be copied."""
    optional: bool = False
    """Whether it is left out where no row has a value."""
    telling: bool = False
    """Whether it is left out unless some network has rows of several values."""
    wide: bool = False
    """Whether it is left out on narrow screens."""
    style: str = ""
    """Class of its cells; `{}` stands for the value. `name`: short, so they do not wrap."""


@dataclass(frozen=True)
class Cell:
    """What a cell shows and the exact value behind it, as CSV text."""

    text: str
    raw: str
    column: Shown

    @property
    def style(self) -> str:
        """Its class. That it is a number or a name is said of the whole column, by its table."""
        named = "" if self.column.numeric else self.column.style or "words"
        named = named.removeprefix(NAME).strip().format(self.raw.replace(" ", "-"))
        return f"{named} wide".lstrip() if self.column.wide else named


@dataclass(frozen=True)
class Row:
    """A row's cells, and the loss it belongs to ("" for none), by which it can be hidden."""

    cells: tuple[Cell, ...]
    loss: str = ""
    state: str = ""
    """A word for the style sheet, such as `diverged`."""


@dataclass(frozen=True)
class DataTable:
    """A table ready for the template."""

    name: str
    """Its anchor is `table-{name}` and its CSV `{name}.csv`."""
    caption: str
    columns: tuple[Shown, ...]
    rows: tuple[Row, ...]
    note: str = ""
    folded: bool = False
    filtered: bool = False
    """Whether the script offers a filter above it."""
    kind: str = field(default="table", init=False)

    @property
    def anchor(self) -> str:
        """The id of its element."""
        return f"table-{self.name}"

    @property
    def named(self) -> str:
        """The places of the columns of names, counted from 1 as CSS does."""
        places = enumerate(self.columns, 1)
        return " ".join(str(place) for place, column in places if column.style.startswith(NAME))


def data_table(
    frame: pd.DataFrame,
    columns: Sequence[Shown],
    *,
    name: str,
    caption: str,
    note: str = "",
    folded: bool | None = None,
    filtered: bool = False,
    state: str | None = None,
) -> DataTable:
    """The columns of `frame` as a table; folded when long, unless `folded` says otherwise.

    Data sets, networks and losses stand in the project's order, otherwise rows stand as in the
    frame. A row belongs to the loss in the frame's column `loss` if it has one, and takes its
    state from the column called `state`.
    """
    records = in_order(frame).to_dict("records")
    columns = [each for each in columns if _is_shown(each, frame)]
    rows = tuple(_row(record, columns, state) for record in records)
    return DataTable(
        name=name,
        caption=caption,
        columns=tuple(columns),
        rows=rows,
        note=note,
        folded=len(rows) > LONG if folded is None else folded,
        filtered=filtered,
    )


def names_left() -> str:
    """CSS that puts the columns of names to the left. A table says which those are."""
    places = range(1, MOST_COLUMNS + 1)
    cells = (f'[data-names~="{place}"] td:nth-child({place})' for place in places)
    return ",".join(cells) + "{text-align:left}\n"


def raw(value: object) -> str:
    """The exact value as CSV text: the shortest digits that read back the same; "" if missing."""
    if is_missing(value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, np.float32):
        return str(value)
    return repr(float(value)) if isinstance(value, float) else str(value)


def is_missing(value: object) -> bool:
    """Whether there is no value: None, NaN or pandas' NA."""
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _is_shown(column: Shown, frame: pd.DataFrame) -> bool:
    if column.telling:
        return bool((frame.groupby(list(NETWORK))[column.name].nunique() > 1).any())
    values = frame[column.name] if column.optional else None
    return values is None or bool((values.notna() & values.ne("")).any())


def _row(record: Mapping[Any, object], columns: Sequence[Shown], state: str | None) -> Row:
    cells = tuple(_cell(record[column.name], column) for column in columns)
    loss = str(record.get("loss", ""))
    return Row(cells=cells, loss=loss, state=str(record[state]) if state else "")


def _cell(value: object, column: Shown) -> Cell:
    if is_missing(value):
        return Cell(ABSENT, "", column)
    return Cell(column.format(value), raw(value), column)
