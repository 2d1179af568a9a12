"""Declare the error levels of a comparison from the primary pair's tuning runs."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.analysis.selection import levels
from lossbench.tables.parquet import read_all, write
from lossbench.tables.stored import read_jobs
from lossbench.tables.study import CHOICES, LEVELS
from lossbench.verbs import Out


def declare(
    folders: Annotated[list[Path], typer.Argument(help="Folders of its tuning jobs' groups.")],
    choices: Annotated[list[Path], typer.Option(help="Choices of the primary pair.")],
    out: Out,
) -> None:
    chosen = read_all(choices, CHOICES)
    write(levels(*read_jobs(folders, sorted(set(chosen["loss"]))), chosen), LEVELS, out)
