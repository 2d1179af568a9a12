"""The data contract: what a table is. Light enough for the pipeline's plan."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "bool", "int8", "int16", "int32", "int64", "float64", "float32 list"]


@dataclass(frozen=True)
class Column:
    """One column: its name, type, unit ("" for a pure number or name) and meaning."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    optional: bool = False
    """Whether a value may be missing (NaN or None)."""


@dataclass(frozen=True)
class Schema:
    """A table: its name, columns in order, and the columns that identify a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]
