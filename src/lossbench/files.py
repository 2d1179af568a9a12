"""Files and folders that are either whole or not there, and what killed processes left of them."""

import glob
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lossbench.errors import FileError

MACHINE = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
"""Tells machines apart without naming them: only its own can say whether a process still lives."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Write to the yielded temporary path; it becomes `path` only on success.

    Raises FileError: the disk is full, the folder takes no file, or the path is that of something
    else, such as /dev/null, which would be replaced.
    """
    if not path.name or (path.exists() and not path.is_file()):
        raise FileError(f"{path}: cannot be written (it is no file)")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent, path.name)
        temporary = path.with_name(_hidden(path.name))
        try:
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise FileError(f"{path}: cannot be written ({reason})") from error


@contextmanager
def scratch(folder: Path, name: str) -> Iterator[Path]:
    """A hidden folder inside `folder` for work called `name`; it is gone afterwards."""
    remove_leftovers(folder, name)
    with tempfile.TemporaryDirectory(prefix=f"{_hidden(name)}.", dir=folder) as inside:
        yield Path(inside)


def write_text(path: Path, text: str) -> None:
    """Write a text file, atomically. Raises FileError: see `atomic`."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, atomically. Raises FileError: see `atomic`."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises FileError: it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: not readable JSON ({error})") from error


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_leftovers(folder: Path, name: str) -> None:
    """Remove what killed processes of this machine left of `atomic` files or `scratch` folders."""
    for left in folder.glob(f".{glob.escape(name)}.{MACHINE}-*.partial*"):
        process = left.name.removeprefix(f".{name}.{MACHINE}-").partition(".")[0]
        if process.isdecimal() and not _is_alive(int(process)):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


def _hidden(name: str) -> str:
    """A name for something unfinished that says which process is at it."""
    return f".{name}.{MACHINE}-{os.getpid()}.partial"


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
