"""What breaks, for real: kills, full disks, damaged files, wrong settings.

`make test-faults` runs this and `test_faults_pipeline`, where whole pipelines are at stake.
Faults of one module are in that module's test: downloads that stall, lie or end half-way in
`test_datasets_download`, damaged, swapped or foreign data files in `test_datasets_sources` and
`test_datasets_prepared`, malicious pickles in `test_datasets_parsing`, tables in `test_tables`,
resuming in `test_training_checkpoint`, diverging seeds in `test_training`.
"""

import contextlib
import re
import signal
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import cut_jobs, tiny_sources
from builders.cut_jobs import MOMENTS
from builders.project_copy import ROOT
from builders.small_disks import read_only, small_disk
from builders.tables_on_disk import table_digests
from lossbench.datasets.digests import sha256
from lossbench.datasets.download import download
from lossbench.datasets.prepared import save
from lossbench.errors import ConfigError, DeviceError, FileError
from lossbench.files import atomic, scratch
from lossbench.run_cache import CHECKPOINTS, RunCache
from lossbench.study.config import Study
from lossbench.study.job import Job
from lossbench.study.loading import parse_study
from lossbench.study.paths import LISTING
from lossbench.study.plan import groups
from lossbench.study.settings import Compute
from lossbench.tables.parquet import read
from lossbench.tables.runs import RUN_TABLES
from lossbench.training import results
from lossbench.training.block import Block
from test_training import cell, prepared, replicates, train

__all__ = ["prepared"]  # the fixture

ENDS = {signal.SIGTERM: {143}, signal.SIGINT: {1, 130}, signal.SIGKILL: {-signal.SIGKILL}}
"""Exit statuses by signal; Python counts a process that a signal ended below zero."""


class Bench:
    """A tuning job of two cells on small data, run by the command in processes of their own."""

    def __init__(self, folder: Path, prepared) -> None:
        self.folder, self.log = folder, folder / "log"
        save(prepared, folder / "data.npz", folder / "data.json")
        cells = tuple(cell(stage="tuning", learning_rate=rate) for rate in (0.03, 0.1))
        self.job = Job(cells=cells, replicates=tuple(replicates([0, 1])), code="a")

    def arguments(self, out: Path) -> list[str]:
        """The cache stands beside the job's folder, each job having one of its own."""
        compute = Compute(accelerator="cpu", checkpoint_s=0, cache=cache_of(out))
        return [
            "train",
            f"--job={self.job.model_dump_json()}",
            f"--compute={compute.model_dump_json()}",
            f"--data={self.folder / 'data.npz'}",
            f"--out={out}",
        ]

    def finish(self, out: Path) -> int:
        return cut_jobs.finish(self.arguments(out), self.log)

    def cut(self, out: Path, moment: str, number: int) -> int:
        return cut_jobs.cut(self.arguments(out), self.log, moment=moment, number=number)

    def last_line(self) -> str:
        return self.log.read_text().splitlines()[-1]


def cache_of(out: Path) -> Path:
    return out.with_name(f"{out.name}-cache")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of a job's tables that must repeat, by path; each of them must be readable."""
    for path in folder.rglob("*.parquet"):
        read(path, RUN_TABLES[path.stem])
    return table_digests(folder)


def unfinished(folder: Path) -> set[str]:
    """What a killed process left half-written, in the job's folder or its cache."""
    found = [*folder.rglob(".*.partial*"), *cache_of(folder).rglob(".*.partial*")]
    return {path.name for path in found}


def checkpoints(out: Path) -> list[Path]:
    return [path for path in (cache_of(out) / CHECKPOINTS).glob("*") if path.is_file()]


@pytest.fixture(scope="module")
def bench(tmp_path_factory, prepared) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), prepared)


@pytest.fixture(scope="module")
def whole(bench) -> dict[str, str]:
    """What the job leaves when nothing goes wrong."""
    assert bench.finish(bench.folder / "whole") == 0
    assert not unfinished(bench.folder / "whole")
    return digests(bench.folder / "whole")


@pytest.mark.faults
@pytest.mark.parametrize("number", ENDS, ids=lambda number: number.name)
def test_a_job_cut_at_every_stage_ends_in_the_same_bytes(bench, whole, tmp_path, number):
    """One job, cut while it loads, trains, saves its state and writes; then it may finish."""
    for moment in MOMENTS:
        assert bench.cut(tmp_path, moment, number) in ENDS[number]
        assert digests(tmp_path).items() <= whole.items()
        assert not (tmp_path / LISTING).exists()
        left = unfinished(tmp_path)
        assert bool(left) == (number == signal.SIGKILL and moment in ("saving", "writing"))
        assert bool(checkpoints(tmp_path)) == (moment != "early")
    assert bench.finish(tmp_path) == 0
    assert "resuming" in bench.log.read_text()
    assert digests(tmp_path) == whole
    assert not unfinished(tmp_path)
    assert not checkpoints(tmp_path)


@pytest.mark.faults
def test_a_damaged_checkpoint_costs_time_and_changes_nothing(bench, whole, tmp_path):
    assert bench.cut(tmp_path, "midway", signal.SIGKILL) == -signal.SIGKILL
    [checkpoint] = checkpoints(tmp_path)
    content = bytearray(checkpoint.read_bytes())
    content[len(content) // 2] ^= 1
    checkpoint.write_bytes(content)
    assert bench.finish(tmp_path) == 0
    assert "ignored, not a readable checkpoint" in bench.log.read_text()
    assert digests(tmp_path) == whole
    assert not checkpoints(tmp_path)


@pytest.mark.faults
def test_a_run_that_is_killed_while_it_is_stored_is_stored_by_the_next(bench, whole, tmp_path):
    assert bench.cut(tmp_path, "storing", signal.SIGKILL) == -signal.SIGKILL
    assert unfinished(tmp_path)
    assert not list(RunCache(cache_of(tmp_path)).entries())
    assert bench.finish(tmp_path) == 0
    assert digests(tmp_path) == whole
    assert len(list(RunCache(cache_of(tmp_path)).entries())) == 4
    assert not unfinished(tmp_path)


@pytest.mark.faults
def test_two_jobs_that_train_the_same_runs_at_once_both_end_well(bench, whole, tmp_path):
    cache = tmp_path / "cache"
    outs = [tmp_path / name for name in ("first", "second")]
    for out in outs:
        cache_of(out).symlink_to(cache)
    cache.mkdir()
    processes = [cut_jobs.start(bench.arguments(out), bench.log) for out in outs]
    for process in processes:
        process.join(cut_jobs.PATIENCE_S)
    assert [process.exitcode for process in processes] == [0, 0]
    assert [digests(out) for out in outs] == [whole, whole]
    assert len(list(RunCache(cache).entries())) == 4


@pytest.mark.faults
def test_flipped_bits_in_the_cache_cost_time_and_change_nothing(bench, whole, tmp_path):
    """Of every second entry a bit of one table flips, in the study that shares it too."""
    assert bench.finish(tmp_path / "first") == 0
    entries = list(RunCache(cache_of(tmp_path / "first")).entries())
    for entry in entries[::2]:
        path = entry.folder / "history.parquet"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    cache_of(tmp_path / "second").symlink_to(cache_of(tmp_path / "first"))
    assert bench.finish(tmp_path / "second") == 0
    assert bench.log.read_text().count("does not match its digest; the run is trained anew") == 2
    assert "runs: 2 trained, 2 taken" in bench.last_line()
    assert digests(tmp_path / "second") == whole


@pytest.mark.faults
def test_a_cache_that_is_read_only_costs_time_not_results(bench, whole, tmp_path):
    (cache_of(tmp_path / "job") / "checkpoints").mkdir(parents=True)
    with read_only(cache_of(tmp_path / "job")):
        assert bench.finish(tmp_path / "job") == 0
    assert digests(tmp_path / "job") == whole
    assert bench.log.read_text().count("not stored (") >= 4


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk in memory that holds so many KB."""
    with contextlib.ExitStack() as mounted:
        yield lambda size_kb: mounted.enter_context(small_disk(tmp_path / "disk", size_kb))


@pytest.mark.faults
def test_a_full_disk_is_one_clear_line_and_the_next_attempt_succeeds(bench, whole, disk):
    """Space for a table but not for two: what was there stays, what failed is gone."""
    folder = disk(160)
    out, filler = folder / "job", folder / "filler"
    out.mkdir()
    (out / "earlier").write_text("a result")
    filler.write_bytes(bytes(140 * 1024))
    assert bench.finish(out) == 1
    assert re.fullmatch(
        rf"lossbench: {out}/.*/runs\.parquet: cannot be written \(No space left on device\)",
        bench.last_line(),
    )
    assert "no checkpoint: " in bench.log.read_text()
    assert {Path(name).name for name in digests(out)} == {"history.parquet"}
    assert not unfinished(out)
    assert (out / "earlier").read_text() == "a result"
    filler.unlink()
    assert bench.finish(out) == 0
    assert digests(out) == whole


@pytest.mark.faults
def test_a_checkpoint_without_space_does_not_end_the_training(bench, whole, disk):
    """Networks of a megabyte on a disk of 200 KB, which is enough for the tables."""
    out = disk(200) / "job"
    assert bench.finish(out) == 0
    state = rf"no checkpoint: {cache_of(out)}/.*: cannot be written \(No space left on device\)"
    assert re.search(state, bench.log.read_text())
    assert digests(out) == whole
    assert not unfinished(out)


@pytest.mark.faults
def test_a_folder_that_is_read_only_is_one_clear_line(bench, tmp_path):
    with read_only(tmp_path):
        assert bench.finish(tmp_path / "job") == 1
    assert "cannot be written (Read-only file system)" in bench.last_line()
    assert not list(tmp_path.iterdir())


def test_a_page_without_space_leaves_the_old_one(disk):
    path = disk(40) / "page.html"
    path.write_text("old")
    with pytest.raises(FileError, match=r"page\.html: .*No space left"), atomic(path) as temporary:
        temporary.write_text("<html>" * 9000)
    assert path.read_text() == "old"
    assert [left.name for left in path.parent.iterdir()] == ["page.html"]


@pytest.mark.faults
def test_what_a_killed_download_left_goes_with_the_next(tmp_path):
    cut_jobs.leave_halves(tmp_path)
    assert len(list(tmp_path.glob(".*"))) == 2
    with tiny_sources.mirror() as served:
        served.answers["/file"] = [tiny_sources.serve(b"whole")]
        urls, digest = [served.address + "file"], sha256(b"whole")
        download(urls, tmp_path / "received", digest, patience=tiny_sources.HASTE)
    with atomic(tmp_path / "half") as temporary:
        temporary.write_text("whole")
    assert {path.name for path in tmp_path.iterdir()} == {"half", "received"}


def test_what_another_process_is_at_stays(tmp_path):
    with scratch(tmp_path, "download") as first, atomic(tmp_path / "file") as temporary:
        temporary.write_text("mine")
        with scratch(tmp_path, "download") as second:
            assert first != second
            assert first.exists()
        assert temporary.exists()


def test_a_block_that_does_not_fit_says_what_to_lower(prepared, monkeypatch):
    def exhausted(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    monkeypatch.setattr(Block, "backward", exhausted)
    with pytest.raises(DeviceError, match=r"2 seeds in one job .*lower compute\.job_minutes"):
        train(cell(), [0, 1], prepared)


def test_outputs_that_overflow_on_the_test_set_alone_count_as_divergence(prepared, monkeypatch):
    """Seed 1's test logits are made infinite; its validation error was finite to the end."""
    outputs = results.outputs

    def overflowing(block, images):
        found = outputs(block, images)
        found.logits[1, 7, 3] = torch.inf
        return found

    alone = train(cell(), [0], prepared)
    monkeypatch.setattr(results, "outputs", overflowing)
    together = train(cell(), [0, 1], prepared)
    assert together["runs"]["diverged"].tolist() == [False, True]
    for name in ("predictions", "geometry"):
        assert set(together[name]["seed"]) == {0}
        assert together[name].equals(alone[name])


MINIATURE = yaml.safe_load((ROOT / "config/miniature.yaml").read_text())


def places(fields: Any, parents: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field and list item."""
    yield parents
    items = dict(enumerate(fields)) if isinstance(fields, list) else fields
    for key, value in items.items() if isinstance(items, dict) else ():
        yield from places(value, (*parents, key))


HOSTILE = ["$(touch x)", "{dataset}", "../..", "a\0b", "\x1b[2J", "\ud800", "1e-3", 10**40, 1e400]
NUMBERS = st.booleans() | st.integers() | st.floats()
TEXTS = st.text(max_size=20) | st.binary(max_size=4) | st.sampled_from(HOSTILE)
LEAVES = st.none() | st.dates() | NUMBERS | TEXTS
KEYS = st.one_of(st.text(max_size=5), st.integers(), st.none(), st.sampled_from(["loss", "m", "s"]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=st.sampled_from([place for place in places(MINIATURE) if place]), value=VALUES)
@example(place=("comparisons", 0, "losses", 4, "margins", 0), value={"\x1e": None})
def test_any_field_with_any_value_is_a_study_or_clear_lines(place, value):
    """The 60 settings of `test_config` are wrong by design, these by chance."""
    fields = deepcopy(MINIATURE)
    *parents, last = place
    reduce(getitem, parents, fields)[last] = value
    try:
        study = parse_study(fields, origin="study.yaml")
    except ConfigError as error:
        for line in str(error).splitlines():
            assert line.startswith("study.yaml: ")
            assert line.isprintable()
            assert len(line) < 1000
        return
    planned = [folder for group in groups(study) for folder in group.folders]
    assert len(set(planned)) == len(planned) > 0
    assert not re.search(r"[^a-z0-9_/-]", f"{study.name}/{'/'.join(planned)}")
    assert Study.model_validate_json(study.model_dump_json()) == study
