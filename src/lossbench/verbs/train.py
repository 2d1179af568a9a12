"""Bring the runs of one job: from the cache, or by training its cells one after the other.

A job that was cut keeps its finished cells, and goes on from its last checkpoint.
"""

import logging
from pathlib import Path
from typing import Annotated

import typer

from lossbench.study.job import Job
from lossbench.study.settings import Compute
from lossbench.training.job_runs import Place, bring_runs


def train(
    job: Annotated[str, typer.Option(help="The job, as JSON.")],
    data: Annotated[Path, typer.Option(help="The prepared data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the job's runs.")],
    study: Annotated[str, typer.Option(help="The name of the study that asks.")] = "study",
    compute: Annotated[str, typer.Option(help="The compute settings, as JSON.")] = "{}",
    choice: Annotated[Path | None, typer.Option(help="What tuning chose.")] = None,
) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    planned = Job.model_validate_json(job)
    if choice is not None:
        planned = planned.with_choice(*_chosen(choice))
    bring_runs(planned, Place(data, out, study, Compute.model_validate_json(compute)))


def _chosen(path: Path) -> tuple[float, str]:
    from lossbench.tables.parquet import read
    from lossbench.tables.study import CHOICES

    row = read(path, CHOICES).iloc[0]
    return float(row["learning_rate"]), str(row["setting"])
