"""Tables packed into the page for download, where a figure's numbers are too many to show."""

import base64
import gzip
from dataclasses import dataclass

import pandas as pd

from lossbench.tables.rows import Tables, filled

DIGITS = 6
"""Significant digits of a table for download or publication: more would not pack."""
PICTURES = "png"
"""The column of pictures, which the page shows anyway."""
MOST_ROWS = 2500
"""Larger tables stay beside the page: a grid of a surface would outweigh the page itself."""


@dataclass(frozen=True)
class Pack:
    """A table as CSV, compressed, as text that a page can hold."""

    name: str
    """Name of the file."""
    content: str
    """Base64 of the gzip of the CSV."""


def pack(tables: Tables, name: str) -> Pack | None:
    """The table, if it is there and not too large."""
    if filled(tables, name) and len(tables[name]) <= MOST_ROWS:
        return Pack(name.replace("_", "-"), _compressed(tables[name]))
    return None


def _compressed(frame: pd.DataFrame) -> str:
    text = frame.drop(columns=PICTURES, errors="ignore").to_csv(
        index=False, lineterminator="\r\n", float_format=f"%.{DIGITS}g"
    )
    # No time stamp: the same table gives the same text.
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
