"""Say what the run cache holds and which studies use it; drop what is not needed."""

import re
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from lossbench.errors import ConfigError, printable
from lossbench.run_cache import CHECKPOINTS, KEY, Entry, RunCache
from lossbench.study.finished import started
from lossbench.study.paths import LISTING, RESULTS
from lossbench.study.settings import Compute
from lossbench.tables.listing import read_listing

UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def cache(
    folder: Annotated[Path | None, typer.Option(help="The cache's folder.")] = None,
    prune: Annotated[bool, typer.Option(help="Drop what no study under results/ uses.")] = False,
    max_size: Annotated[
        str | None, typer.Option(help="Drop the runs not used for longest down to this, as 10GB.")
    ] = None,
) -> None:
    limit = None if max_size is None else parse_size(max_size)
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"--folder: {printable(folder)} is no folder; allowed: a run cache")
    runs = RunCache(folder or _default_folder())
    users = used_by()
    if prune:
        _drop([entry for entry in runs.entries() if entry.key not in users], "unused")
        for checkpoint in (runs.folder / CHECKPOINTS).glob(KEY):
            checkpoint.unlink()
    if limit is not None:
        _drop(too_many([*runs.entries()], limit), "not used for longest")
    _show(runs, users)


def parse_size(text: str) -> int:
    """Bytes of a text such as `500MB` or `10 GB`. Raises ConfigError: it is no size."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB)", text)
    if found is None:
        allowed = "a number with B, kB, MB, GB or TB, such as 10GB"
        raise ConfigError(f"--max-size: {text!r} is not a size; allowed: {allowed}")
    return int(float(found[1]) * UNITS[found[2]])


def used_by() -> dict[str, list[str]]:
    """The studies under results/ that have a run, by its key."""
    users: dict[str, list[str]] = {}
    for listing in sorted(RESULTS.glob(f"*/runs/**/{LISTING}")):
        name = listing.relative_to(RESULTS).parts[0]
        for run in read_listing(listing.parent):
            users.setdefault(run.key, []).append(name)
    return users


def too_many(entries: list[Entry], limit: int) -> list[Entry]:
    """The entries to drop, those not used for longest, so that the rest has `limit` bytes."""
    kept = sum(entry.bytes for entry in entries)
    dropped = []
    for entry in sorted(entries, key=lambda entry: entry.used_s):
        if kept <= limit:
            break
        kept -= entry.bytes
        dropped.append(entry)
    return dropped


def _default_folder() -> Path:
    """The one cache of the studies under results/. Raises ConfigError: they have several."""
    folders = {study.compute.cache for study, _ in started()}
    if len(folders) > 1:
        listed = ", ".join(sorted(map(str, folders)))
        raise ConfigError(f"--folder: the studies here have several caches; allowed: {listed}")
    return folders.pop() if folders else Compute().cache


def _drop(entries: list[Entry], why: str) -> None:
    freed = sum(entry.bytes for entry in entries)
    for entry in entries:
        entry.remove()
    print(f"dropped: {len(entries)} runs {why}, {_size(freed)}")


def _show(runs: RunCache, users: dict[str, list[str]]) -> None:
    entries = [*runs.entries()]
    print(f"{runs.folder}: {len(entries)} runs, {_size(sum(entry.bytes for entry in entries))}")
    counts = Counter(name for entry in entries for name in set(users.get(entry.key, ["no study"])))
    for name, count in sorted(counts.items()):
        print(f"  {name}: {count}")


def _size(count: int) -> str:
    """Such as `1.3 GB`."""
    unit = next(
        name for name in ("TB", "GB", "MB", "kB", "B") if count >= UNITS[name] or name == "B"
    )
    return f"{count / UNITS[unit]:.3g} {unit}"
