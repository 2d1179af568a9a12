"""Compute every table of the theory chapter."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.study.settings import Theory
from lossbench.tables.parquet import write
from lossbench.tables.theory import THEORY_TABLES
from lossbench.theory.chapter import chapter


def derive(
    settings: Annotated[str, typer.Option(help="The chapter's settings, as JSON.")],
    out: Annotated[Path, typer.Option(help="Folder for the chapter's tables.")],
) -> None:
    for name, frame in chapter(Theory.model_validate_json(settings)).items():
        write(frame, THEORY_TABLES[name], out / f"{name}.parquet")
