"""Bring the runs of one job: from the cache, or by training its cells one after the other.

A job that was cut keeps its finished cells, and goes on from its last checkpoint.
"""

import json
import logging
from pathlib import Path
from typing import Annotated

import typer

from lossbench.study.job import Choice, Job
from lossbench.study.settings import Compute
from lossbench.training.job_runs import Place, bring_runs


def train(
    job: Annotated[str, typer.Option(help="The job, as JSON.")],
    data: Annotated[Path, typer.Option(help="The prepared data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the job's runs.")],
    study: Annotated[str, typer.Option(help="The name of the study that asks.")] = "study",
    compute: Annotated[str, typer.Option(help="The compute settings, as JSON.")] = "{}",
    own: Annotated[str, typer.Option(help="Sources of its own loss and network, as JSON.")] = "{}",
    choice: Annotated[Path | None, typer.Option(help="What tuning chose.")] = None,
) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    planned = Job.model_validate_json(job)
    choices = None if choice is None else _choices(choice)
    settings = Compute.model_validate_json(compute)
    bring_runs(planned, Place(data, out, study, settings, json.loads(own)), choices)


def _choices(path: Path) -> dict[int, Choice]:
    from lossbench.tables.parquet import read
    from lossbench.tables.study import CHOICES

    rows = read(path, CHOICES)
    chosen = zip(rows["learning_rate"], rows["setting"], strict=True)
    return dict(zip(rows["seed"], chosen, strict=True))
