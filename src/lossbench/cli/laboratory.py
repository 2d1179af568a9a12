"""Verbs that make runs: fetch the data, train, choose, declare the targets."""

import logging
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lossbench.cli.app import Out, StudyFile, app
from lossbench.study.fields import DatasetName
from lossbench.study.grid import LossGrid
from lossbench.study.paths import JOB_TABLES, StudyPaths
from lossbench.study.plan import Job
from lossbench.study.settings import Compute


@app.command()
def fetch(
    dataset: Annotated[DatasetName, typer.Argument(help="Which one.")],
    data_dir: Annotated[Path, typer.Option(help="Where the raw data stand or are downloaded to.")],
    out: Out,
    manifest: Annotated[Path, typer.Option(help="Where its description goes.")],
) -> None:
    """Find or download a data set, verify it, and write its prepared form."""
    from lossbench.datasets.preparation import prepare
    from lossbench.datasets.prepared import save

    save(prepare(dataset, data_dir), out, manifest)


@app.command()
def adopt(
    dataset: Annotated[str, typer.Argument(help="What the study calls it.")],
    source: Annotated[Path, typer.Option(help="A folder of images or an .npz archive.")],
    out: Out,
    manifest: Annotated[Path, typer.Option(help="Where its description goes.")],
) -> None:
    """Read a folder of images or an .npz archive, check it, and write its prepared form."""
    from lossbench.datasets.own import prepare_own
    from lossbench.datasets.prepared import save

    save(prepare_own(dataset, source), out, manifest)


@app.command()
def train(
    job: Annotated[str, typer.Option(help="The job, as JSON.")],
    data: Annotated[Path, typer.Option(help="The prepared data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the job's tables.")],
    compute: Annotated[str, typer.Option(help="The compute settings, as JSON.")] = "{}",
    choice: Annotated[Path | None, typer.Option(help="What tuning chose.")] = None,
    checkpoint_s: Annotated[float, typer.Option(help="Seconds between checkpoints.")] = 60.0,
) -> None:
    """Train one job: its cells, one after the other, each with the job's block of seeds.

    A job that was cut goes on from its last checkpoint, if it has one.
    """
    from lossbench.datasets.prepared import load
    from lossbench.tables import concat, read, write
    from lossbench.tables.runs import RUN_TABLES
    from lossbench.tables.study import CHOICES
    from lossbench.training.checkpoint import FILE_NAME, Checkpoint, identity
    from lossbench.training.fit import fit

    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    planned = Job.model_validate_json(job)
    if choice is not None:
        chosen = read(choice, CHOICES).iloc[0]
        planned = planned.with_choice(float(chosen["learning_rate"]), str(chosen["setting"]))
    settings, prepared = Compute.model_validate_json(compute), load(data)
    saved_under = identity(planned, prepared.manifest, settings)
    checkpoint = Checkpoint(out / FILE_NAME, saved_under, every_s=checkpoint_s)
    train_cell = partial(fit, show_bar=sys.stderr.isatty(), checkpoint=checkpoint)
    for cell in planned.cells[len(checkpoint.finished) :]:
        checkpoint.finish(train_cell(cell, planned.seeds, prepared, settings))
    for name in JOB_TABLES[planned.cells[0].stage]:
        table = RUN_TABLES[name]
        frame = concat([tables[name] for tables in checkpoint.finished], table)
        write(frame, table, out / f"{name}.parquet")
    checkpoint.remove()


@app.command()
def probe(study: StudyFile) -> None:
    """Measure the last layer's least-squares problem of every network before training."""
    from lossbench.cli.files import read_study, write_tables
    from lossbench.datasets.prepared import load
    from lossbench.study.paths import prepared
    from lossbench.study.plan import seeds
    from lossbench.tables import concat
    from lossbench.tables.study import LAST_LAYER
    from lossbench.training.last_layer import last_layer

    settings = read_study(study)
    paths = StudyPaths.around(study)
    frames = [
        last_layer(
            comparison.model,
            seeds(settings, comparison, "evaluation"),
            load(prepared(comparison.dataset, paths.results)),
            examples=settings.history.train_examples,
            threads=settings.compute.threads,
        )
        for comparison in settings.comparisons
    ]
    write_tables(paths, {"last_layer": concat(frames, LAST_LAYER)})


@app.command()
def choose(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the loss's tuning jobs.")],
    grid: Annotated[str, typer.Option(help="The loss's grid, as JSON.")],
    out: Out,
) -> None:
    """Choose a loss's learning rate and margin from its tuning runs."""
    from lossbench.analysis.selection import choose
    from lossbench.cli.files import read_jobs
    from lossbench.tables import write
    from lossbench.tables.study import CHOICES

    chosen = choose(*read_jobs(folders), LossGrid.model_validate_json(grid))
    for row in chosen[chosen["on_edge"]].itertuples():
        print(
            f"warning: {row.loss} on {row.dataset}/{row.model}: the chosen rate"
            f" {row.learning_rate:g} is on the edge of its grid; widen the grid"
        )
    write(chosen, CHOICES, out)


@app.command()
def declare(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the pair's tuning jobs.")],
    choices: Annotated[list[Path], typer.Option(help="Choices of the primary pair.")],
    out: Out,
) -> None:
    """Declare the targets of a data set and network from the primary pair's tuning runs."""
    from lossbench.analysis.selection import targets
    from lossbench.cli.files import read_jobs
    from lossbench.tables import read_all, write
    from lossbench.tables.study import CHOICES, TARGETS

    write(targets(*read_jobs(folders), read_all(choices, CHOICES)), TARGETS, out)
