"""The tables: the contract that all share, and the schema of each."""

from lossbench.files import atomic
from lossbench.tables.contract import (
    Column,
    Table,
    check,
    concat,
    empty,
    read,
    read_all,
    write,
)

__all__ = ["Column", "Table", "atomic", "check", "concat", "empty", "read", "read_all", "write"]
