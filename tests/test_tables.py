"""A table is written and read whole or refused by name."""

import hashlib
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lossbench.errors import TableError
from lossbench.files import atomic
from lossbench.tables.codebook import codebook
from lossbench.tables.contract import Column, Schema
from lossbench.tables.parquet import check, concat, empty, read, read_all, write
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES

HEIGHTS = Schema(
    "heights",
    (
        Column("name", "text", "", "who"),
        Column("age", "int32", "years", "how old"),
        Column("height", "float64", "m", "how tall", optional=True),
    ),
    ("name",),
)
FRAME = pd.DataFrame({"name": ["b", "a"], "age": [3, 4], "height": [1.0, np.nan]})


def test_a_written_table_reads_back_in_key_order(tmp_path):
    path = tmp_path / "new folder" / "heights.parquet"
    write(FRAME, HEIGHTS, path)
    found = read(path, HEIGHTS)
    assert list(found["name"]) == ["a", "b"]
    assert found["age"].dtype == "int32"
    assert np.isnan(found["height"][0])


def test_the_same_frame_gives_the_same_bytes_in_any_row_and_column_order(tmp_path):
    digests = set()
    for number, frame in enumerate([FRAME, FRAME[::-1], FRAME[["height", "name", "age"]]]):
        path = tmp_path / f"{number}.parquet"
        write(frame, HEIGHTS, path)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.drop(columns="age"), "lacks the column age"),
        (FRAME.assign(weight=1), "unknown column weight"),
        (FRAME.assign(name="a"), "stands 2 times"),
        (FRAME.assign(age=[1.5, 2]), "column age holds values that are not int32"),
        (FRAME.assign(age=[2**40, 2]), "column age"),
        (FRAME.assign(age=["x", "y"]), "column age is not int32"),
        (FRAME.assign(age=[np.nan, 2]), "column age misses 1 values"),
        (FRAME.assign(name=[None, "a"]), "column name misses 1 values"),
    ],
)
def test_a_frame_that_breaks_the_schema_is_refused(tmp_path, frame, message):
    path = tmp_path / "heights.parquet"
    with pytest.raises(TableError, match=message):
        write(frame, HEIGHTS, path)
    assert not list(tmp_path.iterdir())


def test_foreign_damaged_and_older_files_are_refused_by_name(tmp_path):
    path = tmp_path / "heights.parquet"
    with pytest.raises(TableError, match=r"heights\.parquet: not a readable heights table"):
        read(path, HEIGHTS)
    write(FRAME, HEIGHTS, path)
    whole = path.read_bytes()
    for damaged in (whole[:100], b"", b"<html>", whole[:-4] + b"XXXX"):
        path.write_bytes(damaged)
        with pytest.raises(TableError, match=r"heights\.parquet: not a readable"):
            read(path, HEIGHTS)
    FRAME.to_parquet(path)
    with pytest.raises(TableError, match="holds table '\\?'"):
        read(path, HEIGHTS)
    older = pa.Table.from_pandas(FRAME.drop(columns="age"), preserve_index=False)
    pq.write_table(older.replace_schema_metadata({"table": "heights"}), path)
    with pytest.raises(TableError, match="lacks the column age"):
        read(path, HEIGHTS)


def test_no_flipped_bit_reads_as_other_numbers(tmp_path):
    """Parquet has no checksum of its own: without ours, flipped bits read as other heights."""
    path = tmp_path / "heights.parquet"
    write(FRAME, HEIGHTS, path)
    whole, expected = path.read_bytes(), read(path, HEIGHTS)
    refused = 0
    places = range(0, len(whole), 5)
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            found = read(path, HEIGHTS)
        except TableError as error:
            assert "heights.parquet" in str(error)  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
            refused += 1
        else:
            pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert refused > len(places) / 2


def test_tables_stack_and_a_run_may_stand_in_one_file_only(tmp_path):
    write(FRAME[:1], HEIGHTS, tmp_path / "1.parquet")
    write(FRAME[1:], HEIGHTS, tmp_path / "2.parquet")
    both = [tmp_path / "1.parquet", tmp_path / "2.parquet"]
    pd.testing.assert_frame_equal(read_all(both, HEIGHTS), check(FRAME, HEIGHTS))
    with pytest.raises(TableError, match="stands 2 times"):
        read_all([*both, both[0]], HEIGHTS)


@pytest.mark.parametrize(
    "schema", [*TABLES.values(), *THEORY_TABLES.values()], ids=lambda schema: schema.name
)
def test_every_schema_holds_together_and_its_codebook_s_rows_have_four_cells(tmp_path, schema):
    assert set(schema.key) <= set(schema.names)
    assert len(set(schema.names)) == len(schema.names)
    assert not {each.name for each in schema.columns if each.optional} & set(schema.key)
    write(empty(schema), schema, tmp_path / "empty.parquet")
    assert read(tmp_path / "empty.parquet", schema).empty
    assert concat([], schema).columns.tolist() == schema.names
    rows = codebook([schema]).splitlines()[10:]
    assert len(rows) == len(schema.columns)
    assert all(len(re.split(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_codebook_explains_every_column():
    assert codebook([HEIGHTS]).splitlines()[4:] == [
        "## `heights.csv`",
        "",
        "One row for each `name`.",
        "",
        "| column | value | unit | meaning |",
        "| --- | --- | --- | --- |",
        "| `name` | text |  | who |",
        "| `age` | whole number | years | how old |",
        "| `height` | number, or empty | m | how tall |",
    ]
