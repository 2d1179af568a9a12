"""Train one job: its cells, one after the other, each with the job's block of seeds.

A job that was cut goes on from its last checkpoint, if it has one.
"""

import logging
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lossbench.datasets.prepared import load
from lossbench.study.job import Job
from lossbench.study.paths import JOB_TABLES
from lossbench.study.settings import Compute
from lossbench.tables.parquet import concat, read, write
from lossbench.tables.runs import RUN_TABLES
from lossbench.tables.study import CHOICES
from lossbench.training.checkpoint import FILE_NAME, Checkpoint, identity
from lossbench.training.fit import fit


def train(
    job: Annotated[str, typer.Option(help="The job, as JSON.")],
    data: Annotated[Path, typer.Option(help="The prepared data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the job's tables.")],
    compute: Annotated[str, typer.Option(help="The compute settings, as JSON.")] = "{}",
    choice: Annotated[Path | None, typer.Option(help="What tuning chose.")] = None,
) -> None:
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    planned = Job.model_validate_json(job)
    if choice is not None:
        chosen = read(choice, CHOICES).iloc[0]
        planned = planned.with_choice(float(chosen["learning_rate"]), str(chosen["setting"]))
    settings, prepared = Compute.model_validate_json(compute), load(data)
    saved_under = identity(planned, prepared.manifest, settings)
    checkpoint = Checkpoint(out / FILE_NAME, saved_under, every_s=settings.checkpoint_s)
    train_cell = partial(fit, show_bar=sys.stderr.isatty(), checkpoint=checkpoint)
    for cell in planned.cells[len(checkpoint.finished) :]:
        checkpoint.finish(train_cell(cell, planned.seeds, prepared, settings))
    for name in JOB_TABLES[planned.cells[0].stage]:
        table = RUN_TABLES[name]
        frame = concat([tables[name] for tables in checkpoint.finished], table)
        write(frame, table, out / f"{name}.parquet")
    checkpoint.remove()
