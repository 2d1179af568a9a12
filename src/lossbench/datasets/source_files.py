"""What kind of source a user's path is, and the files that are read of it.

Read in every plan, so that a wrong source is refused before anything starts: no NumPy here.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from lossbench.cards.dataset import DATASETS
from lossbench.datasets.layout import (
    IDX_NAMES,
    PARTS,
    SUFFIXES,
    image_files,
    layout,
    listed,
    unreadable,
)
from lossbench.errors import DataError, printable, utf8

Kind = Literal["built in", "folder", "archive", "idx", "shards"]
COUNTED = re.compile(r"(?P<part>.+)-\d+-of-(?P<total>\d+)(-[0-9a-f]+)?\.parquet", re.I)
"""A shard of the Hugging Face hub, at times with a digest behind its number."""
IdxFiles = dict[str, Path]
"""`train images`, `train labels`, `test images`, `test labels`, and at times `mapping` → file."""


def kind(source: Path) -> Kind:
    """What the source is. Raises DataError: it is nothing that can be read."""
    try:
        return _kind(source)
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
        raise DataError(f"source {printable(source)}: {reason}") from error


def _kind(source: Path) -> Kind:
    if str(source) in DATASETS:
        return "built in"
    if idx_files(source):
        return "idx"
    if source.is_dir():
        if shards := _parquet(source):
            _refuse_images(source, shards[0])
        return "shards" if shards else "folder"
    if source.is_file() and source.suffix.lower() in (".npz", ".parquet"):
        return "archive" if source.suffix.lower() == ".npz" else "shards"
    what = "is none of them" if source.exists() else "does not exist"
    allowed = (
        "allowed: a folder of images, of IDX or of Parquet files, an .npz archive, or"
        f" {', '.join(DATASETS)}"
    )
    raise DataError(f"source {printable(source)}: {what}; {allowed}")


def idx_files(source: Path) -> IdxFiles | None:
    """The IDX files in the folder, or in its `raw`, or those whose names begin with the path.

    `EMNIST/raw/emnist-letters` is one of EMNIST's splits. None: none of them is there. Raises
    DataError: only some are.
    """
    lacking = ""
    for folder, prefix in ((source, ""), (source / "raw", ""), (source.parent, f"{source.name}-")):
        found = {
            role: path
            for role, name in IDX_NAMES.items()
            for called in (name, name.replace("t10k", "test"))
            for path in [where_idx(folder / f"{prefix}{called}")]
            if path.is_file() or path.is_symlink()
        }
        if len(found) == 4:
            mapping = folder / f"{prefix}mapping.txt"
            return found | ({"mapping": mapping} if mapping.is_file() else {})
        if found:
            names = [f"{prefix}{name}" for role, name in IDX_NAMES.items() if role not in found]
            lacks = listed(names).replace("-t10k-", "-test-")  # behind a prefix, as EMNIST's are
            lacking = lacking or f"{printable(folder)}: lacks {lacks}"
    if lacking:
        raise DataError(f"{lacking}; allowed: all four IDX files, plain or gzip")
    return None


def where_idx(plain: Path) -> Path:
    """The file's place: under its name, with a dot in it, or in a folder of its name, as archives
    have it; gzip only where the plain file is not there. A broken link only where no file is.
    """
    dotted = plain.with_name(plain.name.replace("-idx", ".idx"))
    packed = [path.with_name(f"{path.name}.gz") for path in (plain, dotted)]
    nested = [path / path.name for path in (plain, dotted)]
    places = (plain, dotted, *packed, *nested)
    links = (path for path in places if path.is_symlink())
    return next((path for path in places if path.is_file()), next(links, plain))


def shard_files(source: Path) -> dict[str, list[Path]]:
    """The Parquet files of each part, by their names or their folders'; of "all" without parts.

    Raises DataError: some name a part and others none, or there is no training part; or names such
    as `train-00000-of-00002` tell that files are missing.
    """
    parts: dict[str, list[Path]] = {}
    for path in [source] if source.is_file() else _all_parquet(source):
        names = (re.split("[-_.]", name.lower())[0] for name in (path.name, path.parent.name))
        part = next((PARTS[name] for name in names if name in PARTS), "all")
        parts.setdefault(part, []).append(path)
    if not ({"train", "test"} <= set(parts) or {"train", "validation"} <= set(parts)):
        alone = [path for paths in parts.values() for path in paths]
        if len(parts) == 1:
            return {"all": alone}
        raise DataError(
            f"{printable(source)}: its Parquet files are of {', '.join(parts)}; allowed: names that"
            " begin with train and test (and validation), or none of these"
        )
    if "all" in parts:
        raise DataError(f"{printable(parts['all'][0])}: is of no part; allowed: train, test, …")
    return parts


def source_digest(source: Path) -> str:
    """A digest of all that is read of a source: names and contents, not times or place.

    What is built in has none: its content is known. Raises DataError: it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for path in _files(source):
            digest.update(os.path.relpath(os.fsencode(path), os.fsencode(source)) + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError as error:
        raise unreadable(error) from error
    return digest.hexdigest()[:16]


def _files(source: Path) -> Iterator[Path]:
    match kind(source):
        case "folder":
            for classes in layout(source).values():
                for folder in classes.values():
                    yield from image_files(folder)
        case "archive":
            yield source
        case "idx":
            yield from (idx_files(source) or {}).values()
        case "shards":
            yield from (path for paths in shard_files(source).values() for path in paths)


def _parquet(folder: Path) -> list[Path]:
    """The Parquet files in a folder and in those within it, two deep, by name."""
    found = (path for depth in ("", "*/", "*/*/") for path in folder.glob(f"{depth}*.parquet"))
    return sorted((path for path in found if path.is_file()), key=os.fsencode)


def _refuse_images(source: Path, shard: Path) -> None:
    """Raises DataError: folders of images stand beside the Parquet files, as classes do."""
    paths = (path for depth in ("*/*", "*/*/*") for path in source.glob(depth))
    folders = {path.parent for path in paths if path.suffix.lower() in SUFFIXES}
    if len(folders) > 1:
        some = listed([utf8(path.relative_to(source)) for path in sorted(folders)])
        raise DataError(
            f"{printable(source)}: has {printable(shard.relative_to(source))} beside folders of"
            f" images ({some}); allowed: Parquet files or class folders, not both"
        )


def _all_parquet(folder: Path) -> list[Path]:
    """The same. Raises DataError: of files that are counted in their names, some are missing."""
    files, found = _parquet(folder), Counter[tuple[Path, str, str]]()
    for path in files:
        if counted := COUNTED.fullmatch(path.name):
            found[path.parent, counted["part"], counted["total"]] += 1
    for (place, part, total), count in found.items():
        if count < int(total):
            raise DataError(
                f"{printable(place)}: has {count} of the files {part}-…-of-{total}; allowed: all"
            )
    return files
