"""Finished runs: taken as they were stored, or not at all."""

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from lossbench import run_cache
from lossbench.run_cache import ENTRY, Origin, RunCache, key_of

RUN = {"cell": {"loss": "cross_entropy", "learning_rate": 0.1}, "seed": 3}
ORIGIN = Origin("tiny", "2026-11-26T07:00:00+00:00")
TABLES = {"history.parquet": b"history" * 100, "runs.parquet": b"runs of seed 3"}


def trained(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in TABLES.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def cache(tmp_path) -> RunCache:
    return RunCache(tmp_path / "cache")


@pytest.fixture
def key(cache, tmp_path) -> str:
    cache.store(RUN, ORIGIN, trained(tmp_path / "first"))
    return key_of(RUN)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_a_run_comes_back_as_it_was_stored_and_its_bytes_are_not_doubled(cache, key, tmp_path):
    assert cache.take(key, tmp_path / "second") == ORIGIN
    assert contents(tmp_path / "second") == TABLES
    assert next(cache.entries()).description["determinants"] == RUN
    links = {(tmp_path / where / "runs.parquet").stat().st_ino for where in ("first", "second")}
    assert len(links) == 1


def test_the_key_depends_on_every_value_and_on_no_order():
    assert key_of({"a": 1, "b": {"c": 2, "d": 3}}) == key_of({"b": {"d": 3, "c": 2}, "a": 1})
    others = [{"a": 1, "b": {"c": 2, "d": 4}}, {"a": "1", "b": {"c": 2, "d": 3}}, {"a": 1}]
    assert len({key_of(other) for other in [{"a": 1, "b": {"c": 2, "d": 3}}, *others]}) == 4


def test_without_hard_links_there_are_copies(cache, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "another disk")

    monkeypatch.setattr(run_cache.os, "link", refuse)
    cache.store(RUN, ORIGIN, trained(tmp_path / "first"))
    assert cache.take(key_of(RUN), tmp_path / "second")
    assert contents(tmp_path / "second") == TABLES


@pytest.mark.parametrize("name", [*TABLES, ENTRY])
@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "gone"])
def test_a_damaged_entry_is_said_dropped_and_not_taken(cache, key, tmp_path, capsys, name, harm):
    path = next(cache.entries()).folder / name
    content = path.read_bytes()
    flipped = content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]
    path.unlink()
    if harm != "gone":
        path.write_bytes({"flip": flipped, "cut": content[: len(content) // 2], "empty": b""}[harm])
    assert not cache.take(key, tmp_path / "second")
    assert "trained anew" in capsys.readouterr().out
    assert not list(cache.entries())
    assert not (tmp_path / "second").exists()


def test_a_foreign_file_is_passed_over_and_an_entry_under_another_s_name_not_taken(
    cache, key, tmp_path
):
    (cache.folder / "README").write_text("mine")
    (cache.folder / key[:2] / "notes.txt").write_text("mine")
    assert [entry.key for entry in cache.entries()] == [key]
    entry = next(cache.entries()).folder
    foreign = key_of(RUN | {"seed": 4})
    (cache.folder / foreign[:2]).mkdir(exist_ok=True)
    entry.rename(cache.folder / foreign[:2] / foreign)
    assert not cache.take(foreign, tmp_path / "second")


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_cache_that_takes_nothing_costs_time_not_results(
    cache, tmp_path, capsys, monkeypatch, reason
):
    def refuse(*_, **__):
        raise OSError(reason, os.strerror(reason))

    run = trained(tmp_path / "first")
    monkeypatch.setattr(run_cache, "scratch", refuse)
    cache.store(RUN, ORIGIN, run)
    assert os.strerror(reason) in capsys.readouterr().out
    assert contents(run) == TABLES
    assert not cache.take(key_of(RUN), tmp_path / "second")


def test_a_kill_while_storing_leaves_no_entry(cache, tmp_path, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_cache, "write_json", die)
    with pytest.raises(KeyboardInterrupt):
        cache.store(RUN, ORIGIN, trained(tmp_path / "first"))
    assert not list(cache.entries())


def _store(folder: Path, run: Path) -> None:
    for _ in range(20):
        RunCache(folder).store(RUN, ORIGIN, run)


def test_two_processes_that_train_the_same_run_both_end_well(cache, tmp_path):
    context = multiprocessing.get_context("spawn")
    runs = [trained(tmp_path / name) for name in ("first", "second")]
    processes = [context.Process(target=_store, args=(cache.folder, run)) for run in runs]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert cache.take(key_of(RUN), tmp_path / "third")
    assert len(list(cache.entries())) == 1


def test_an_entry_says_its_size_and_when_it_was_used(cache, key, tmp_path):
    entry = next(cache.entries())
    assert entry.bytes > sum(map(len, TABLES.values()))
    os.utime(entry.folder, (0, 0))
    cache.take(key, tmp_path / "second")
    assert entry.used_s > 0
    entry.remove()
    assert contents(tmp_path / "second") == TABLES
