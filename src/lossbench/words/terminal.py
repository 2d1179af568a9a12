"""Tables in the terminal; where the output is no terminal, as wide as they are."""

import os
from collections.abc import Collection, Iterable, Sequence

STYLES = {"ok": "green", "warning": "yellow", "not allowed": "red"}
"""Words that stand out."""


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numeric: Collection[str] = (),
) -> None:
    """Print a table; the columns in `numeric` are flush right and never broken."""
    from rich import box  # only what prints a table needs it
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if os.isatty(1) else 10_000)
    fits = {"overflow": "fold", "justify": "left"}
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        is_numeric = column in numeric
        table.add_column(column, **({"justify": "right", "no_wrap": True} if is_numeric else fits))
    for row in rows:
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
    if not os.isatty(1):
        console.width = console.measure(table).maximum
    console.print(table)
