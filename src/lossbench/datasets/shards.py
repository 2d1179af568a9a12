"""Parquet shards as on the Hugging Face hub: encoded images and labels, some files a part."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lossbench.datasets.digests import sha256
from lossbench.datasets.image import check_alike, read_image
from lossbench.datasets.layout import CLASSES
from lossbench.datasets.prepared import Examples, UInt8
from lossbench.datasets.source import Source
from lossbench.datasets.source_files import shard_files
from lossbench.errors import DataError, one_line, printable
from lossbench.study.data import Reading


def read_shards(source: Path, reading: Reading) -> Source:
    """The images of each part; classes are called as the files' features say, or by their numbers.

    Raises DataError: a file is no Parquet file with a column of images and one of labels, or an
    image cannot be read or is of another size or mode than the first.
    """
    parts, digests = {}, {}
    classes: tuple[str, ...] = ()
    example: tuple[str, UInt8] | None = None
    for part, paths in shard_files(source).items():
        images: list[UInt8] = []
        labels: list[int] = []
        for path in paths:
            table = _table(path)
            read = _decoded(table, path, reading)
            example = example or next(iter(read.items()), None)
            if example:
                check_alike(read, example)
            images += read.values()
            labels += _labels(table, path)
            digests[str(path.relative_to(source)) if path != source else path.name] = sha256(
                path.read_bytes()
            )
            classes = classes or _class_names(table)
        if not images:
            raise DataError(f"{printable(source)}: {part} holds no image")
        parts[part] = Examples(np.stack(images), np.array(labels, np.uint16))
    count = 1 + max(int(each.labels.max()) for each in parts.values())
    return Source(
        parts, digests, classes if len(classes) >= count else tuple(map(str, range(count)))
    )


def _table(path: Path) -> pa.Table:
    try:
        with path.open("rb") as file:
            table = pq.read_table(file, partitioning=None)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"{printable(path)}: is not a readable Parquet file ({one_line(error)})"
        ) from error
    if not (_of_images(table) and _of_labels(table)):
        listed = ", ".join(f"{field.name} ({field.type})" for field in table.schema)
        raise DataError(
            f"{printable(path)}: has the columns {listed}; allowed: one of images, as bytes, and"
            " one of labels, as whole numbers, called label if there are several"
        )
    return table


def _of_images(table: pa.Table) -> str:
    """The name of the first column of bytes, "" if there is none."""

    def holds(kind: pa.DataType) -> bool:
        if pa.types.is_struct(kind):
            return any(field.name == "bytes" for field in kind)
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    return next((field.name for field in table.schema if holds(field.type)), "")


def _of_labels(table: pa.Table) -> str:
    """The name of the column of labels, "" if that is not clear."""
    names = [field.name for field in table.schema if pa.types.is_integer(field.type)]
    for usual in ("label", "labels", "fine_label"):
        if usual in names:
            return usual
    return names[0] if len(names) == 1 else ""


def _decoded(table: pa.Table, path: Path, reading: Reading) -> dict[str, UInt8]:
    found: dict[str, UInt8] = {}
    for row, value in enumerate(table[_of_images(table)].to_pylist()):
        origin = f"{printable(path)}, row {row}"
        content = value.get("bytes") if isinstance(value, dict) else value
        if not content:
            raise DataError(f"{origin}: has no image's bytes")
        found[origin] = read_image(content, reading, origin=origin)
    return found


def _labels(table: pa.Table, path: Path) -> list[int]:
    labels: list[Any] = table[_of_labels(table)].to_pylist()
    for row, label in enumerate(labels):
        if label is None or not 0 <= label < CLASSES[-1]:
            raise DataError(
                f"{printable(path)}, row {row}: label {label}; allowed: 0 to {CLASSES[-1] - 1}"
            )
    return labels


def _class_names(table: pa.Table) -> tuple[str, ...]:
    """What the hub's features call the labels; empty where they do not."""
    try:
        features = json.loads((table.schema.metadata or {})[b"huggingface"])["info"]["features"]
        return tuple(map(str, features[_of_labels(table)]["names"]))
    except (KeyError, TypeError, ValueError):
        return ()
