"""What a benchmark command leaves: figures beside their goals, and the machine they hold for."""

import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import torch

from lossbench.provenance import environment
from lossbench.study.fields import Frozen

Command = Literal["run", "accuracy"]


class Goal(Frozen):
    """What a figure should be."""

    relation: Literal["≥", "≤", "<"]
    bound: float

    def met_by(self, value: float) -> bool:
        """Whether `value` is within the goal."""
        relations = {"≥": value >= self.bound, "≤": value <= self.bound, "<": value < self.bound}
        return relations[self.relation]


class Figure(Frozen):
    """One measured value; None where it was not measured, and then `note` says why."""

    group: str
    name: str
    value: float | None
    unit: str = ""
    goal: Goal | None = None
    low: float | None = None
    """The smallest of the repeats, of which `value` is the median."""
    high: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal or a value."""
        if self.goal is None or self.value is None:
            return None
        return self.goal.met_by(self.value)


class Record(Frozen):
    """One run of a command."""

    command: Command
    finished: str
    seconds: float
    """Wall time of the command."""
    machine: dict[str, Any]
    packages: dict[str, Any]
    threads: int
    data: str
    """What the networks were trained on."""
    figures: tuple[Figure, ...]


def record(command: Command, figures: Sequence[Figure], *, seconds: float, data: str) -> Record:
    """The record of a command that has just ended on this machine."""
    found = environment()
    names = ("torch", "pytorch-lightning", "numpy", "snakemake")
    return Record(
        command=command,
        finished=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        seconds=seconds,
        machine=found["machine"] | {"system": platform.system()},
        packages={name: found["packages"][name] for name in names},
        threads=torch.get_num_threads(),
        data=data,
        figures=tuple(figures),
    )


def median(
    group: str,
    name: str,
    values: Sequence[float],
    *,
    unit: str = "",
    goal: Goal | None = None,
    note: str = "",
) -> Figure:
    """The median of repeats, with their range."""
    return Figure(
        group=group,
        name=name,
        value=statistics.median(values),
        unit=unit,
        goal=goal,
        low=min(values),
        high=max(values),
        note=note,
    )


def not_measured(group: str, name: str, goal: Goal | None, why: str) -> Figure:
    """A figure without a value."""
    return Figure(group=group, name=name, value=None, goal=goal, note=why)


def at_least(bound: float) -> Goal:
    """A goal from below."""
    return Goal(relation="≥", bound=bound)


def at_most(bound: float) -> Goal:
    """A goal from above."""
    return Goal(relation="≤", bound=bound)


def below(bound: float) -> Goal:
    """A goal from above that must not be touched."""
    return Goal(relation="<", bound=bound)
