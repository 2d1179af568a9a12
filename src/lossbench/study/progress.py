"""How far a study's training is, read from its files alone.

A job is done when all its tables stand. While Snakemake has a job at work or in a queue, it keeps a
mark of each output under `.snakemake/incomplete`. A log without a mark, and without the benchmark
that ends every successful attempt, is that of a failed one.
"""

import csv
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lossbench.study.config import Study
from lossbench.study.grid import Comparison
from lossbench.study.job import Cell, Job
from lossbench.study.paths import JOB_TABLES, StudyPaths
from lossbench.study.plan import jobs

State = Literal["done", "running", "failed", "waiting"]
STATES: tuple[State, ...] = ("done", "running", "failed", "waiting")
SNAKEMAKE = Path(".snakemake")


@dataclass(frozen=True)
class JobProgress:
    """A training job, its state, and the seconds that it took or has been at work."""

    job: Job
    state: State
    seconds: float
    log: Path

    @property
    def runs(self) -> int:
        """How many runs it trains."""
        return len(self.job.cells) * len(self.job.seeds)

    @property
    def work(self) -> int:
        """Epochs over all its runs; within one comparison they cost about the same."""
        return sum(cell.epochs for cell in self.job.cells) * len(self.job.seeds)


@dataclass(frozen=True)
class Progress:
    """What is done of one comparison, and the seconds of one job after the other that are left.

    Tuning runs that several comparisons share count with the first.
    """

    comparison: Comparison
    jobs: tuple[JobProgress, ...]

    @property
    def runs(self) -> Counter[State]:
        """How many runs are in each state."""
        return _counted(self.jobs)

    @property
    def seconds_left(self) -> float | None:
        """From what finished jobs took, of the same loss where there is one; None before any."""
        left = [job for job in self.jobs if job.state != "done"]
        estimates = [self._seconds_left(job) for job in left]
        known = [seconds for seconds in estimates if seconds is not None]
        return sum(known) if len(known) == len(left) else None

    def _seconds_left(self, job: JobProgress) -> float | None:
        done = [other for other in self.jobs if other.state == "done" and other.seconds > 0]
        alike = [other for other in done if other.job.cells[0].loss == job.job.cells[0].loss]
        basis = alike or done
        if not basis:
            return None
        total = job.work * sum(each.seconds for each in basis) / sum(each.work for each in basis)
        return max(0.0, total - job.seconds) if job.state == "running" else total


def progress(study: Study, paths: StudyPaths) -> list[Progress]:
    """The study's comparisons, in its order, by the records that Snakemake keeps here."""
    left, found = list(_all_jobs(study)), []
    for comparison in study.comparisons:
        mine = [job for job in left if _serves(job.cells[0], comparison)]
        left = [job for job in left if job not in mine]
        found.append(Progress(comparison, tuple(_look(job, paths) for job in mine)))
    return found


def total(comparisons: list[Progress]) -> Counter[State]:
    """How many runs of the whole study are in each state."""
    return _counted(job for comparison in comparisons for job in comparison.jobs)


def _all_jobs(study: Study) -> Iterator[Job]:
    yield from jobs(study, "tuning")
    yield from jobs(study, "evaluation")


def _serves(cell: Cell, comparison: Comparison) -> bool:
    """Whether a run of this cell is one of the comparison's, or one that it is tuned by."""
    place = (comparison.dataset, comparison.model, comparison.recipe)
    is_evaluation = cell.stage == "evaluation"
    epochs = comparison.epochs if is_evaluation else comparison.tuning_epochs
    return (cell.dataset, cell.model, cell.recipe.name, cell.epochs) == (*place, epochs)


def _counted(states: Iterable[JobProgress]) -> Counter[State]:
    counts: Counter[State] = Counter()
    for job in states:
        counts[job.state] += job.runs
    return counts


def _look(job: Job, paths: StudyPaths) -> JobProgress:
    tables = [paths.job(job, name) for name in JOB_TABLES[job.cells[0].stage]]
    log, benchmark = paths.log(job), paths.benchmark(job)
    mark = _mark(tables[0])
    if all(table.exists() for table in tables):
        return JobProgress(job, "done", _benchmarked(benchmark), log)
    if mark.exists() and _any_lock():
        # On a cluster the mark is made when the job enters the queue, the log when it starts.
        if _changed(log) >= _changed(mark):
            return JobProgress(job, "running", max(0.0, time.time() - _changed(mark)), log)
        return JobProgress(job, "waiting", 0.0, log)
    failed = log.exists() and not mark.exists() and _changed(benchmark) < _changed(log)
    return JobProgress(job, "failed" if failed else "waiting", 0.0, log)


def _mark(output: Path) -> Path:
    """Where Snakemake marks an output of a job at work: its path in base 64, cut where too long."""
    name = urlsafe_b64encode(str(output).encode()).decode()
    *folders, last = [name[start : start + 254] for start in range(0, len(name), 254)]
    return SNAKEMAKE.joinpath("incomplete", *(f"@{folder}" for folder in folders), last)


def _any_lock() -> bool:
    """Whether a Snakemake holds the folder, or was killed while it did."""
    return any((SNAKEMAKE / "locks").glob("*.lock"))


def _changed(path: Path) -> float:
    """When the file was last written; minus infinity where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return float("-inf")


def _benchmarked(path: Path) -> float:
    """The seconds in a rule's benchmark file; 0 where there is none to read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            row: Mapping[str, str] = next(csv.DictReader(file, delimiter="\t"))
        return float(row["s"])
    except (OSError, StopIteration, KeyError, ValueError):
        return 0.0
