"""Picks out of the tables what the sentences speak of. A table that was not made is absent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.report.data_tables import in_order
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.tables.parquet import empty
from lossbench.tables.study import TABLES

Tables = Mapping[str, pd.DataFrame]
"""The study's tables by name. A table that was not made is absent or empty."""

Record = Any
"""A row of a table as an object; its columns are attributes."""


@dataclass(frozen=True)
class Reach:
    """How many evaluation runs of one loss reached a target within their budget."""

    runs: int
    reached: int

    @property
    def missed(self) -> int:
        """Runs that never did."""
        return self.runs - self.reached


def filled(tables: Tables, *names: str) -> bool:
    """Whether all these tables are there and have rows."""
    return all(name in tables and len(tables[name]) for name in names)


def rows(tables: Tables, name: str, **wanted: object) -> pd.DataFrame:
    """The rows of a table of the study in which each column in `wanted` has the wanted value."""
    frame = tables[name] if name in tables else empty(TABLES[name])
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def contrasts(
    tables: Tables, metric: str, loss: str | None = None, **wanted: object
) -> list[Record]:
    """Contrasts on a metric at tuned rates, in the project's order; of one loss, or of all."""
    wanted = {"rates": "tuned", "reference": REFERENCE, **wanted}
    if loss is not None:
        wanted["loss"] = loss
    return records(rows(tables, "contrasts", metric=metric, **wanted))


def records(frame: pd.DataFrame) -> list[Record]:
    """The frame's rows as objects, in the project's order."""
    return list(in_order(frame).itertuples(index=False))


def last_target(tables: Tables) -> int:
    """The hardest target, which carries the verdict; 0 where there is none."""
    return int(tables["targets"]["target"].max()) if filled(tables, "targets") else 0


def reach(tables: Tables, dataset: str, model: str, loss: str, target: int) -> Reach:
    """How many of the loss's evaluation runs reached the target."""
    cell = {"dataset": dataset, "model": model, "loss": loss, "target": target}
    found = rows(tables, "times_to_target", **cell, stage="evaluation")
    return Reach(runs=len(found), reached=int(found["reached"].sum()))


def evaluation_seeds(study: Study) -> Sequence[int]:
    """How many evaluation seeds each comparison has."""
    return [len(plan.seeds(study, each, "evaluation")) for each in study.comparisons]


def missing_datasets(study: Study, tables: Tables) -> list[str]:
    """Data sets that the study asks for and that no run was made on."""
    found = set(tables["runs"]["dataset"]) if filled(tables, "runs") else set()
    asked = dict.fromkeys(comparison.dataset for comparison in study.comparisons)
    return [dataset for dataset in asked if dataset not in found]


def diverged_runs(tables: Tables, stage: str) -> pd.DataFrame:
    """Runs of a stage whose loss turned non-finite."""
    return rows(tables, "runs", stage=stage, diverged=True)
