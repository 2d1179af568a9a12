"""The only reader and writer of parquet in the project.

A schema is checked on every write and every read. Writing is atomic: the bytes go to a temporary
name in the same folder, are flushed to the disk, and then take the final name. Every page carries
a checksum: without one, most flipped bits of a parquet file read as other numbers.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lossbench.errors import TableError, one_line
from lossbench.files import atomic
from lossbench.tables.contract import Column, Kind, Schema

ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "bool": pa.bool_(),
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "float32 list": pa.list_(pa.field("element", pa.float32(), nullable=False)),
}
"""The column types in the files."""


def check(frame: pd.DataFrame, table: Schema, *, origin: str = "") -> pd.DataFrame:
    """`frame` with the schema's columns, order and types, sorted by its key.

    Raises TableError: a missing or unknown column, a value that its type cannot hold, a missing
    value where none is allowed, or a key that stands twice. `origin` names the source in errors.
    """
    where = f"table {table.name}{f' ({origin})' if origin else ''}"
    _check_names(list(frame.columns), table, where)
    checked = pd.DataFrame(
        {column.name: _convert(frame[column.name], column, where) for column in table.columns}
    )
    repeated = checked.duplicated(list(table.key))
    if repeated.any():
        row = checked.loc[repeated, list(table.key)].iloc[0].to_dict()
        raise TableError(f"{where}: the key {row} stands {repeated.sum() + 1} times; allowed: once")
    return checked.sort_values(list(table.key), ignore_index=True)


def write(frame: pd.DataFrame, table: Schema, path: Path) -> None:
    """Check `frame` and write it to `path`, atomically. The same frame gives the same bytes."""
    checked, arrow = check(frame, table, origin=str(path)), _arrow(table)
    content = pa.Table.from_pandas(checked, schema=arrow, preserve_index=False)
    content = content.replace_schema_metadata(arrow.metadata)
    # Python opens the files: in a locale other than UTF-8 pyarrow would miss a name like größer.
    with atomic(path) as temporary, temporary.open("wb") as file:
        pq.write_table(content, file, compression="zstd", write_page_checksum=True)


def read(path: Path, table: Schema) -> pd.DataFrame:
    """The checked table in the parquet file `path`. Raises TableError for anything else."""
    frame = _content(path, table).to_pandas(types_mapper=_kept_in_arrow)
    return check(frame, table, origin=str(path))


def read_all(paths: Iterable[Path], table: Schema) -> pd.DataFrame:
    """The tables in `paths` as one, checked as one: a key may stand in one file only."""
    # A check costs ten times what reading a run's rows does: one for all of a study's runs.
    contents = [_content(path, table) for path in paths]
    whole = pa.concat_tables([_arrow(table).empty_table(), *contents])
    return check(whole.to_pandas(types_mapper=_kept_in_arrow), table)


def _content(path: Path, table: Schema) -> pa.Table:
    """What the file holds; raises TableError unless it is readable and has the table's columns."""
    try:
        with path.open("rb") as file:
            content = pq.read_table(file, partitioning=None, page_checksum_verification=True)
        found = (content.schema.metadata or {}).get(b"table", b"?").decode()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise TableError(
            f"{path}: not a readable {table.name} table ({one_line(error)})"
        ) from error
    if found != table.name:
        raise TableError(f"{path}: holds table {found!r}; allowed: {table.name!r}")
    if not content.schema.equals(_arrow(table), check_metadata=False):
        _check_names(content.schema.names, table, str(path))
        raise TableError(f"{path}: column types differ from this version's {table.name} schema")
    return content


def concat(frames: Sequence[pd.DataFrame], table: Schema) -> pd.DataFrame:
    """Checked frames one below the other; no frames give an empty table."""
    if not frames:
        return empty(table)
    return check(pd.concat(frames, ignore_index=True), table)


def empty(table: Schema) -> pd.DataFrame:
    """The table without rows, its columns typed."""
    frame: pd.DataFrame = _arrow(table).empty_table().to_pandas(types_mapper=_kept_in_arrow)
    return frame


def _arrow(table: Schema) -> pa.Schema:
    """The same schema for pyarrow, with units, meanings and the key as metadata."""
    fields = [
        pa.field(
            column.name,
            ARROW[column.kind],
            nullable=column.optional,
            metadata={"unit": column.unit, "meaning": column.meaning},
        )
        for column in table.columns
    ]
    return pa.schema(fields, metadata={"table": table.name, "key": ",".join(table.key)})


def _kept_in_arrow(kind: pa.DataType) -> pd.ArrowDtype | None:
    """Lists stay in Arrow's memory, whole; each of them as an object would take ten times that."""
    return pd.ArrowDtype(kind) if pa.types.is_list(kind) else None


def _check_names(names: Sequence[str], table: Schema, where: str) -> None:
    if missing := [name for name in table.names if name not in names]:
        raise TableError(f"{where}: lacks the column {', '.join(missing)}")
    if unknown := [name for name in names if name not in table.names]:
        raise TableError(f"{where}: has the unknown column {', '.join(map(str, unknown))}")


def _convert(values: pd.Series, column: Column, where: str) -> pd.Series:
    """`values` in the column's type; a lossy conversion of whole numbers is an error."""
    missing = values.isna()
    if missing.any() and not column.optional:
        raise TableError(f"{where}: column {column.name} misses {missing.sum()} values; allowed: 0")
    try:
        if column.kind == "text":
            return values.astype("str")
        if column.kind == "float32 list":
            return values.astype(pd.ArrowDtype(ARROW[column.kind]))
        converted = values.astype(np.dtype(column.kind))
    except (TypeError, ValueError) as error:
        raise TableError(f"{where}: column {column.name} is not {column.kind}: {error}") from error
    if column.kind.startswith("int") and not (converted == values).all():
        raise TableError(f"{where}: column {column.name} holds values that are not {column.kind}")
    return converted
