"""Choose a loss's learning rate and margin from its tuning runs."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.analysis import selection
from lossbench.study.grid import LossGrid
from lossbench.tables.parquet import write
from lossbench.tables.stored import read_jobs
from lossbench.tables.study import CHOICES
from lossbench.verbs import Out


def choose(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the loss's tuning jobs.")],
    grid: Annotated[str, typer.Option(help="The loss's grid, as JSON.")],
    out: Out,
) -> None:
    chosen = selection.choose(*read_jobs(folders), LossGrid.model_validate_json(grid))
    for row in chosen[chosen["on_edge"]].itertuples():
        print(
            f"warning: {row.loss} on {row.dataset}/{row.model}: the chosen rate"
            f" {row.learning_rate:g} is on the edge of its grid; widen the grid"
        )
    write(chosen, CHOICES, out)
