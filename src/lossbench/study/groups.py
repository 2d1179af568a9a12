"""Groups of training jobs: one process works through each, so that its start is paid once.

Importing PyTorch Lightning takes seconds. Small jobs of a comparison, losses included, share a
process; the plan divides large ones.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property

from lossbench.study.fields import Frozen, Stage
from lossbench.study.job import Job
from lossbench.study.workload import job_minutes

MOST_CELLS = 64
"""A group is an argument of a command line, where Linux takes 128 KiB."""


class Group(Frozen):
    """Jobs of one stage and comparison, in the order in which one process does them."""

    jobs: tuple[Job, ...]

    @property
    def stage(self) -> Stage:
        """That of all its jobs."""
        return self.jobs[0].cells[0].stage

    @property
    def losses(self) -> tuple[str, ...]:
        """The losses of its jobs, each once."""
        return tuple(dict.fromkeys(job.cells[0].loss for job in self.jobs))

    @property
    def runs(self) -> int:
        """How many runs its jobs train."""
        return sum(len(job.cells) * len(job.replicates) for job in self.jobs)

    @property
    def minutes(self) -> float:
        """How long one core takes for them, about."""
        return sum(map(job_minutes, self.jobs))

    @cached_property
    def folder(self) -> str:
        """Where its jobs' folders are under a study's `runs`, named after all that they are."""
        place, loss, seeds = self.jobs[0].folder.rsplit("/", 2)
        if len(self.jobs) == 1:
            return f"{place}/{loss}-{seeds}"
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:10]
        what = loss if len(self.losses) == 1 else f"{len(self.losses)}-losses"
        return f"{place}/{what}-{digest}"

    @property
    def folders(self) -> list[str]:
        """Those of its jobs under a study's `runs`."""
        return [f"{self.folder}/{inside(job)}" for job in self.jobs]


def inside(job: Job) -> str:
    """A job's folder in that of its group, such as `mse_softmax/seeds-0-4-0123456789`."""
    return "/".join(job.folder.split("/")[-2:])


def grouped(jobs: Iterable[Job], minutes: float) -> Iterator[Group]:
    """Neighbours share a process as long as they take no more than so many minutes together.

    A study's own loss has processes of its own: what its module changes, others must not see.
    """
    waiting: list[Job] = []
    for job in jobs:
        if waiting and not _fit([*waiting, job], minutes):
            yield Group(jobs=tuple(waiting))
            waiting = []
        waiting.append(job)
    if waiting:
        yield Group(jobs=tuple(waiting))


def _fit(jobs: list[Job], minutes: float) -> bool:
    is_one_code = len({job.cells[0].own_loss for job in jobs}) == 1
    few = sum(len(job.cells) for job in jobs) <= MOST_CELLS
    return is_one_code and few and sum(map(job_minutes, jobs)) <= minutes
