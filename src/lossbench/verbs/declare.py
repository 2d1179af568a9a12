"""Declare the targets of a comparison from the primary pair's tuning runs."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.analysis.selection import targets
from lossbench.tables.parquet import read_all, write
from lossbench.tables.stored import read_jobs
from lossbench.tables.study import CHOICES, TARGETS
from lossbench.verbs import Out


def declare(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the pair's tuning jobs.")],
    choices: Annotated[list[Path], typer.Option(help="Choices of the primary pair.")],
    out: Out,
) -> None:
    write(targets(*read_jobs(folders), read_all(choices, CHOICES)), TARGETS, out)
