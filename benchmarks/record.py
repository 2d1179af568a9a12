"""What a benchmark command leaves: figures beside their goals, and the machine they hold for."""

import operator
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import pandas as pd
import torch

from lossbench.provenance import environment

Command = Literal["run", "accuracy", "gpu"]
RELATIONS = {"≥": operator.ge, "≤": operator.le, "<": operator.lt}


class Goal(NamedTuple):
    """What a figure should be."""

    relation: str
    """One of RELATIONS."""
    bound: float


class Figure(NamedTuple):
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
    before: float | None = None
    """What the command's last record had."""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal or a value."""
        if self.goal is None or self.value is None:
            return None
        relation, bound = self.goal
        return bool(RELATIONS[relation](self.value, bound))


def record(
    command: Command, figures: Sequence[Figure], *, seconds: float, data: str
) -> dict[str, Any]:
    """The record of a command that has just ended on this machine.

    `seconds` is its wall time; `data` says what the networks were trained on.
    """
    found = environment()
    names = ("torch", "pytorch-lightning", "numpy", "snakemake")
    return {
        "command": command,
        "finished": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "seconds": seconds,
        "machine": found["machine"] | {"system": platform.system(), "gpu": _gpu()},
        "packages": {name: found["packages"][name] for name in names},
        "threads": torch.get_num_threads(),
        "data": data,
        "figures": [figure._asdict() for figure in figures],
    }


def _gpu() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


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
    low, middle, high = pd.Series(values).quantile([0, 0.5, 1])
    return Figure(group, name, middle, unit, goal, low, high, note)


def at_least(bound: float) -> Goal:
    """A goal from below."""
    return Goal("≥", bound)


def at_most(bound: float) -> Goal:
    """A goal from above."""
    return Goal("≤", bound)


def below(bound: float) -> Goal:
    """A goal from above that must not be touched."""
    return Goal("<", bound)
