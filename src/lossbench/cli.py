"""The `lossbench` command: each verb reads files, calls one function, and writes files.

Snakemake calls these verbs; by hand they do the same. Modules are imported inside the verbs, so
that a verb loads only what it needs: reading tables does not load PyTorch.
"""

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lossbench.config import STAND_INS, Compute, LossGrid, Study, Theory, json_schema
from lossbench.errors import LossbenchError
from lossbench.paths import StudyPaths

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    help=__doc__.splitlines()[0],
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StudyFile = Annotated[Path, typer.Option("--study", help="The study's resolved configuration.")]
Out = Annotated[Path, typer.Option(help="Where the result goes.")]


def main() -> None:
    """Run the command line. An error that the user can mend is one line and exit status 1."""
    try:
        app()
    except LossbenchError as error:
        print(f"lossbench: {error}", file=sys.stderr)
        sys.exit(1)


@app.command()
def fetch(dataset: str, data_dir: Path, out: Out, manifest: Path) -> None:
    """Find or download a data set, verify it, and write its prepared form."""
    from lossbench.datasets.catalogue import prepare
    from lossbench.datasets.prepared import save

    save(prepare(dataset, data_dir), out, manifest)


@app.command()
def train(
    job: Annotated[str, typer.Option(help="The job, as JSON.")],
    data: Annotated[Path, typer.Option(help="The prepared data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the job's tables.")],
    compute: Annotated[str, typer.Option(help="The compute settings, as JSON.")] = "{}",
    choice: Annotated[Path | None, typer.Option(help="What tuning chose.")] = None,
) -> None:
    """Train one job: its cells, one after the other, each with the job's block of seeds."""
    from lossbench.cells import Job
    from lossbench.datasets.prepared import load
    from lossbench.paths import JOB_TABLES
    from lossbench.tables import concat, read, write
    from lossbench.tables.runs import RUN_TABLES
    from lossbench.tables.study import CHOICES
    from lossbench.training.fit import fit

    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    planned = Job.model_validate_json(job)
    if choice is not None:
        chosen = read(choice, CHOICES).iloc[0]
        planned = planned.with_choice(float(chosen["learning_rate"]), str(chosen["setting"]))
    settings, prepared = Compute.model_validate_json(compute), load(data)
    show_bar = sys.stderr.isatty()
    trained = [
        fit(cell, planned.seeds, prepared, settings, show_bar=show_bar) for cell in planned.cells
    ]
    for name in JOB_TABLES[planned.cells[0].stage]:
        table = RUN_TABLES[name]
        write(concat([tables[name] for tables in trained], table), table, out / f"{name}.parquet")


@app.command()
def choose(
    grid: Annotated[str, typer.Option(help="The loss's grid, as JSON.")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of the loss's tuning jobs.")],
    out: Out,
) -> None:
    """Choose a loss's learning rate and margin from its tuning runs."""
    from lossbench.selection import choose
    from lossbench.tables import write
    from lossbench.tables.study import CHOICES

    history, runs = _read_jobs(folders)
    chosen = choose(history, runs, LossGrid.model_validate_json(grid))
    row = chosen.iloc[0]
    if row["on_edge"]:
        print(
            f"warning: {row['loss']} on {row['dataset']}/{row['model']}: the chosen rate"
            f" {row['learning_rate']:g} lies on the edge of its grid; widen the grid"
        )
    write(chosen, CHOICES, out)


@app.command()
def declare(
    choices: Annotated[list[Path], typer.Option(help="Choices of the primary pair.")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of the pair's tuning jobs.")],
    out: Out,
) -> None:
    """Declare the targets of a data set and network from the primary pair's tuning runs."""
    from lossbench.selection import targets
    from lossbench.tables import read_all, write
    from lossbench.tables.study import CHOICES, TARGETS

    history, runs = _read_jobs(folders)
    write(targets(history, runs, read_all(choices, CHOICES)), TARGETS, out)


@app.command()
def collect(name: str, study: StudyFile) -> None:
    """Collect one table of all jobs, or all choices or targets, into one table of the study."""
    from lossbench.tables import read_all, write
    from lossbench.tables.study import TABLES

    settings = _read_study(study)
    paths = StudyPaths(settings.name)
    write(read_all(paths.parts(settings, name), TABLES[name]), TABLES[name], paths.table(name))


@app.command()
def evaluate(study: StudyFile) -> None:
    """Measure every run by its stored predictions: metrics and confusion matrices."""
    from lossbench.metrics import confusion, measure

    paths = StudyPaths(_read_study(study).name)
    tables = _read_tables(paths, "predictions", "runs", "history")
    _write_tables(paths, {"metrics": measure(**tables)})
    _write_tables(paths, {"confusion": confusion(tables["predictions"])})


@app.command()
def contrast(study: StudyFile) -> None:
    """Compare every loss with the reference: times to target, contrasts, intervals, verdicts."""
    from lossbench.stats.comparison import compare

    settings = _read_study(study)
    paths = StudyPaths(settings.name)
    names = ("metrics", "history", "runs", "targets", "choices", "geometry")
    _write_tables(paths, compare(settings, **_read_tables(paths, *names)))


def _read_study(path: Path) -> Study:
    return Study.model_validate_json(path.read_text(encoding="utf-8"))


def _read_jobs(folders: list[Path]) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """History and runs of the jobs in these folders."""
    from lossbench.tables import read_all
    from lossbench.tables.runs import HISTORY, RUNS

    history = read_all([folder / "history.parquet" for folder in folders], HISTORY)
    return history, read_all([folder / "runs.parquet" for folder in folders], RUNS)


def _read_tables(paths: StudyPaths, *names: str) -> "dict[str, pd.DataFrame]":
    from lossbench.tables import read
    from lossbench.tables.study import TABLES

    return {name: read(paths.table(name), TABLES[name]) for name in names}


def _write_tables(paths: StudyPaths, tables: "dict[str, pd.DataFrame]") -> None:
    """Write study tables, each with its CSV beside it."""
    from lossbench.tables import write
    from lossbench.tables.study import TABLES

    for name, frame in tables.items():
        write(frame, TABLES[name], paths.table(name))
