"""What breaks, for real: kills, full disks, damaged files, wrong settings.

`make test-faults` runs this and `test_faults_pipeline`, where whole pipelines are at stake.
Faults of one module are in that module's test: downloads that stall, lie or end half-way in
`test_datasets_download`, damaged, swapped or foreign data files in `test_datasets_sources` and
`test_datasets_prepared`, malicious pickles in `test_datasets_parsing`, tables in `test_tables`,
resuming in `test_training_checkpoint`, diverging seeds in `test_training`.
"""

import contextlib
import hashlib
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
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import cut_jobs, tiny_sources
from builders.cut_jobs import MOMENTS
from builders.project_copy import ROOT
from builders.small_disks import read_only, small_disk
from lossbench.datasets.digests import sha256
from lossbench.datasets.download import download
from lossbench.datasets.prepared import save
from lossbench.errors import ConfigError, DeviceError, FileError
from lossbench.files import atomic, scratch
from lossbench.study.config import Study
from lossbench.study.job import Job
from lossbench.study.loading import parse_study
from lossbench.study.plan import jobs
from lossbench.tables.parquet import read
from lossbench.tables.runs import RUN_TABLES
from lossbench.training import results
from lossbench.training.block import Loop
from test_training import cell, prepared, train

__all__ = ["prepared"]  # the fixture

ENDS = {signal.SIGTERM: {143}, signal.SIGINT: {1, 130}, signal.SIGKILL: {-signal.SIGKILL}}
"""Exit statuses by signal; Python counts a process that a signal ended below zero."""


class Bench:
    """A tuning job of two cells on small data, run by the command in processes of their own."""

    def __init__(self, folder: Path, prepared) -> None:
        self.folder, self.log = folder, folder / "log"
        save(prepared, folder / "data.npz", folder / "data.json")
        cells = tuple(cell(stage="tuning", learning_rate=rate) for rate in (0.03, 0.1))
        self.job = Job(cells=cells, seeds=(0, 1), part="a")

    def arguments(self, out: Path) -> list[str]:
        return [
            "train",
            f"--job={self.job.model_dump_json()}",
            '--compute={"accelerator": "cpu", "checkpoint_s": 0}',
            f"--data={self.folder / 'data.npz'}",
            f"--out={out}",
        ]

    def finish(self, out: Path) -> int:
        return cut_jobs.finish(self.arguments(out), self.log)

    def cut(self, out: Path, moment: str, number: int) -> int:
        return cut_jobs.cut(self.arguments(out), self.log, moment=moment, number=number)

    def last_line(self) -> str:
        return self.log.read_text().splitlines()[-1]


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of a tuning job's tables that must repeat; each of them must be readable."""
    tables = {name: folder / f"{name}.parquet" for name in ("history", "runs")}
    found = {name: path for name, path in tables.items() if path.exists()}
    for name, path in found.items():
        read(path, RUN_TABLES[name])
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()}


def hidden(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(".*")}


@pytest.fixture(scope="module")
def bench(tmp_path_factory, prepared) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), prepared)


@pytest.fixture(scope="module")
def whole(bench) -> dict[str, str]:
    """What the job leaves when nothing goes wrong."""
    assert bench.finish(bench.folder / "whole") == 0
    assert not hidden(bench.folder / "whole")
    return digests(bench.folder / "whole")


@pytest.mark.parametrize(
    "number",
    [signal.SIGTERM, signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.faults)],
    ids=lambda number: number.name,
)
def test_a_job_cut_at_every_stage_ends_in_the_same_bytes(bench, whole, tmp_path, number):
    """One job, cut while it loads, trains, saves its state and writes; then it may finish."""
    for moment in MOMENTS:
        assert bench.cut(tmp_path, moment, number) in ENDS[number]
        assert digests(tmp_path).items() <= whole.items()
        assert ("runs" in digests(tmp_path)) is False
        left = {name for name in hidden(tmp_path) if name.endswith(".partial")}
        assert bool(left) == (number == signal.SIGKILL and moment in ("saving", "writing"))
        assert (".checkpoint" in hidden(tmp_path)) == (moment != "early")
    assert bench.finish(tmp_path) == 0
    assert "resuming; finished cells: 1" in bench.log.read_text()
    assert digests(tmp_path) == whole
    assert not hidden(tmp_path)


def test_a_damaged_checkpoint_costs_time_and_changes_nothing(bench, whole, tmp_path):
    assert bench.cut(tmp_path, "midway", signal.SIGKILL) == -signal.SIGKILL
    checkpoint = tmp_path / ".checkpoint"
    content = bytearray(checkpoint.read_bytes())
    content[len(content) // 2] ^= 1
    checkpoint.write_bytes(content)
    assert bench.finish(tmp_path) == 0
    assert "ignored, not a readable checkpoint" in bench.log.read_text()
    assert digests(tmp_path) == whole
    assert not hidden(tmp_path)


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[int], Path]]:
    """Makes a disk in memory that holds so many KB."""
    with contextlib.ExitStack() as mounted:
        yield lambda size_kb: mounted.enter_context(small_disk(tmp_path / "disk", size_kb))


def test_a_full_disk_is_one_clear_line_and_the_next_attempt_succeeds(bench, whole, disk):
    """Space for a table but not for two: what was there stays, what failed is gone."""
    folder = disk(64)
    out, filler = folder / "job", folder / "filler"
    out.mkdir()
    (out / "earlier").write_text("a result")
    filler.write_bytes(bytes(44 * 1024))
    assert bench.finish(out) == 1
    assert bench.last_line() == (
        f"lossbench: {out}/runs.parquet: cannot be written (No space left on device)"
    )
    assert "no checkpoint: " in bench.log.read_text()
    assert set(digests(out)) == {"history"}
    assert not hidden(out)
    assert (out / "earlier").read_text() == "a result"
    filler.unlink()
    assert bench.finish(out) == 0
    assert digests(out) == whole


def test_a_checkpoint_without_space_does_not_end_the_training(bench, whole, disk):
    """Networks of a megabyte on a disk of 100 KB, which is enough for the tables."""
    out = disk(100) / "job"
    assert bench.finish(out) == 0
    lines = bench.log.read_text().splitlines()
    assert f"no checkpoint: {out}/.checkpoint: cannot be written (No space left on device)" in lines
    assert digests(out) == whole
    assert not hidden(out)


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


def test_what_a_killed_download_left_goes_with_the_next(tmp_path):
    cut_jobs.leave_halves(tmp_path)
    assert len(hidden(tmp_path)) == 2
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

    monkeypatch.setattr(Loop, "backward", exhausted)
    with pytest.raises(DeviceError, match=r"2 seeds in one job .*lower compute\.seeds_per_job"):
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
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=4),
    st.dates(),
    st.sampled_from(HOSTILE),
)
KEYS = st.one_of(st.text(max_size=5), st.integers(), st.none(), st.sampled_from(["loss", "m", "s"]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from([place for place in places(MINIATURE) if place]), value=VALUES)
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
    planned = [job.folder for stage in ("tuning", "evaluation") for job in jobs(study, stage)]
    assert len(set(planned)) == len(planned) > 0
    assert not re.search(r"[^a-z0-9_/-]", f"{study.name}/{'/'.join(planned)}")
    assert Study.model_validate_json(study.model_dump_json()) == study
