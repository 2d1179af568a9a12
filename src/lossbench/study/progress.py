"""How far a study's training is, read from its files alone.

A group of jobs is done when all their listings exist. While Snakemake has it at work or in a queue,
it keeps a mark of each output under `.snakemake/incomplete`. A log without a mark, and without the
benchmark that ends every successful attempt, is that of a failed one, unless it is so young that
the mark is still to come.
"""

import csv
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from lossbench.study.config import Study
from lossbench.study.grid import Comparison
from lossbench.study.groups import Group
from lossbench.study.paths import LISTING, StudyPaths
from lossbench.study.plan import groups, serves

State = Literal["done", "running", "failed", "waiting"]
STATES: tuple[State, ...] = get_args(State)
SNAKEMAKE = Path(".snakemake")
START_SECONDS = 3.0
"""Snakemake marks a job when it has started it, milliseconds later unless the machine is busy."""


@dataclass(frozen=True)
class JobProgress:
    """A group of jobs, its state, and the seconds that it took or has been at work."""

    group: Group
    state: State
    seconds: float
    folders: list[Path]
    """Of its jobs."""
    log: Path


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
        """From what finished jobs took, of the same losses where there are some; else None."""
        left = [job for job in self.jobs if job.state != "done"]
        estimates = [self._seconds_left(job) for job in left]
        known = [seconds for seconds in estimates if seconds is not None]
        return sum(known) if len(known) == len(left) else None

    def _seconds_left(self, job: JobProgress) -> float | None:
        done = [other for other in self.jobs if other.state == "done" and other.seconds > 0]
        alike = [other for other in done if other.group.losses == job.group.losses]
        basis = alike or done
        if not basis:
            return None
        seconds = sum(each.seconds for each in basis)
        total = job.group.minutes * seconds / sum(each.group.minutes for each in basis)
        return max(0.0, total - job.seconds) if job.state == "running" else total


def progress(study: Study, paths: StudyPaths) -> list[Progress]:
    """The study's comparisons, in its order, by the records that Snakemake keeps here."""
    left, found = groups(study), []
    for comparison in study.comparisons:
        mine = [group for group in left if serves(group, comparison)]
        left = [group for group in left if group not in mine]
        found.append(Progress(comparison, tuple(_look(group, paths) for group in mine)))
    return found


def total(comparisons: list[Progress]) -> Counter[State]:
    """How many runs of the whole study are in each state."""
    return _counted(job for comparison in comparisons for job in comparison.jobs)


def _counted(states: Iterable[JobProgress]) -> Counter[State]:
    counts: Counter[State] = Counter()
    for job in states:
        counts[job.state] += job.group.runs
    return counts


def _look(group: Group, paths: StudyPaths) -> JobProgress:
    return JobProgress(group, *_state(group, paths), paths.jobs(group), paths.log(group))


def _state(group: Group, paths: StudyPaths) -> tuple[State, float]:
    log, benchmark, mark = paths.log(group), paths.benchmark(group), _mark(paths.group(group))
    is_held = _any_lock()
    is_at_work = mark.exists() and is_held
    unmarked = log.exists() and not mark.exists() and _changed(benchmark) < _changed(log)
    # Asked last: a job may end while its files are looked at.
    if all((folder / LISTING).exists() for folder in paths.jobs(group)):
        return "done", _benchmarked(benchmark)
    if is_at_work:
        # On a cluster the mark is made when the job enters the queue, the log when it starts;
        # here an instant after the start.
        if _changed(log) >= _changed(mark) - 1:
            return "running", max(0.0, time.time() - _changed(mark))
        return "waiting", 0.0
    if unmarked and is_held and time.time() - _changed(log) < START_SECONDS:
        return "running", 0.0
    return ("failed" if unmarked else "waiting"), 0.0


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
