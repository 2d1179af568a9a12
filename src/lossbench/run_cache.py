"""Finished runs, kept by what determines their numbers, so that no run is trained twice.

An entry is a folder that carries its key as name: the run's tables, its network if a study keeps
it, and `entry.json` with all that the key is a digest of, the SHA-256 of each file, and who trained
it. It appears under its name when it is whole. Files are hard links to those of a study, or copies
where the file system takes no link between the two. Nothing here imports pandas or PyTorch: a job
whose runs are all here ends before it would.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lossbench.errors import FileError, one_line
from lossbench.files import file_sha256, read_json, scratch, write_json

ENTRY = "entry.json"
WEIGHTS = "weights.safetensors"
"""In a run's folder, its network."""
KEPT = {".parquet", ".safetensors"}
"""How the names of a run's files end."""
KEY = "[0-9a-f]" * 32
"""The names of entries and checkpoints, as a pattern: the folder may hold something else too."""
CHECKPOINTS = "checkpoints"
"""The folder, in that of the cache, for the states of runs in training."""


@dataclass(frozen=True)
class Origin:
    """Who trained a run, and when."""

    study: str
    trained: str
    """Date and time, UTC, as ISO 8601 has them."""


def key_of(determinants: Mapping[str, Any]) -> str:
    """A digest of everything that determines a run's numbers: what JSON can hold, in any order."""
    text = json.dumps(determinants, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Entry:
    """A run in the cache."""

    folder: Path

    @property
    def key(self) -> str:
        """The digest of what determines it."""
        return self.folder.name

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """What the key is a digest of, the files' SHA-256, the origin. Raises FileError."""
        found: Mapping[str, Any] = read_json(self.folder / ENTRY)
        return found

    @property
    def origin(self) -> Origin:
        """Who trained it."""
        return Origin(**self.description["origin"])

    @property
    def bytes(self) -> int:
        """What its files hold, links of theirs elsewhere not counted again."""
        return sum(path.stat().st_size for path in self.folder.iterdir())

    @property
    def used_s(self) -> float:
        """When it was last stored or taken, in seconds since 1970."""
        return self.folder.stat().st_mtime

    def remove(self) -> None:
        """Drop it. Tables that a study shares with it stay there."""
        shutil.rmtree(self.folder)

    def damage(self) -> str:
        """What is wrong with it; empty if nothing is."""
        try:
            described = dict(self.description)
            expected = dict(described["sha256"])
            whole = described.pop("digest") == key_of(described)
            ours = key_of(described["determinants"]) == self.key
            found = {name: file_sha256(self.folder / name) for name in expected}
        except (FileError, OSError, LookupError, TypeError, ValueError) as error:
            return f"not readable ({one_line(error)})"
        wrong = [name for name in expected if found[name] != expected[name]]
        wrong += [] if whole else [ENTRY]
        if wrong:
            return f"{', '.join(wrong)} does not match its digest"
        return "" if ours else f"{ENTRY} describes another run"


@dataclass(frozen=True)
class RunCache:
    """The runs in a folder, which several studies and processes may share."""

    folder: Path

    def take(self, key: str, into: Path, *, weights: bool = False) -> Origin | None:
        """Put the run's tables into the folder `into`, with `weights` its network as well.

        None if it is not here, or without the network that is wanted. A damaged entry is said,
        removed, and not taken.
        """
        entry = self._entry(key)
        if not entry.folder.is_dir():
            return None
        if damage := entry.damage():
            print(f"{entry.folder}: {damage}; the run is trained anew")
            shutil.rmtree(entry.folder, ignore_errors=True)
            return None
        files = set(entry.description["sha256"])
        if weights and WEIGHTS not in files:
            print(f"{entry.folder}: its network was not kept; the run is trained anew")
            return None
        try:
            _fill(into, entry.folder, files if weights else files - {WEIGHTS})
        except FileNotFoundError:  # pruned by another process meanwhile
            return None
        _mark_used(entry.folder)
        return entry.origin

    def store(self, determinants: Mapping[str, Any], origin: Origin, run: Path) -> None:
        """Keep the tables in the folder `run`, and the network if it is there.

        A cache that takes no entry costs the next job its time: the reason is printed.
        """
        key = key_of(determinants)
        files = sorted(path.name for path in run.iterdir() if path.suffix in KEPT)
        digests = {name: file_sha256(run / name) for name in files}
        content = {"determinants": determinants, "sha256": digests, "origin": asdict(origin)}
        try:
            self._put(key, run, files, content | {"digest": key_of(content)})
        except (OSError, FileError) as error:
            print(f"{self._entry(key).folder}: not stored ({error}); the run stands in {run}")

    def entries(self) -> Iterator[Entry]:
        """Every entry, damaged ones included; whatever else stands in the folder is passed over."""
        return map(Entry, sorted(self.folder.glob(f"[0-9a-f][0-9a-f]/{KEY}")))

    def _entry(self, key: str) -> Entry:
        return Entry(self.folder / key[:2] / key)

    def _put(self, key: str, run: Path, files: list[str], description: Mapping[str, Any]) -> None:
        target = self._entry(key).folder
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch(target.parent, key) as unfinished:
            whole = unfinished / key
            _fill(whole, run, files)
            write_json(whole / ENTRY, description)
            if WEIGHTS in files and not (target / WEIGHTS).exists():
                with suppress(FileNotFoundError):  # the run is new, or another process was faster
                    target.rename(unfinished / "without")
            try:
                whole.rename(target)
            except OSError:
                if not target.is_dir():  # else another process trained the same run: one is enough
                    raise


def _fill(into: Path, source: Path, names: Iterable[str]) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for name in names:
        (into / name).unlink(missing_ok=True)
        try:
            os.link(source / name, into / name)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or a file system without hard links
            shutil.copyfile(source / name, into / name)


def _mark_used(folder: Path) -> None:
    try:
        os.utime(folder, (time.time(),) * 2)
    except OSError:  # a cache that is only read
        return
