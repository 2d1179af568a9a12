"""Choose a loss's learning rate and margin from its tuning runs."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.analysis import selection
from lossbench.study.grid import LossGrid
from lossbench.study.settings import Recipe
from lossbench.tables.parquet import write
from lossbench.tables.runs import COMPARISON
from lossbench.tables.stored import read_jobs
from lossbench.tables.study import CHOICES
from lossbench.verbs import Out


def choose(
    folders: Annotated[list[Path], typer.Argument(help="Folders of the loss's tuning jobs.")],
    grid: Annotated[str, typer.Option(help="The loss's grid, as JSON.")],
    out: Out,
    epochs: Annotated[int, typer.Option(help="Length of the comparison's evaluation runs.")],
    recipe: Annotated[str, typer.Option(help="The comparison's recipe, as JSON.")],
) -> None:
    chosen = selection.choose(
        *read_jobs(folders),
        LossGrid.model_validate_json(grid),
        epochs=epochs,
        tuned_for=Recipe.model_validate_json(recipe).tuned_for,
    )
    for row in chosen[chosen["on_edge"]].itertuples():
        print(
            f"warning: {row.loss} in {'/'.join(str(getattr(row, name)) for name in COMPARISON)}:"
            f" the chosen rate {row.learning_rate:g} is on the edge of its grid; widen the grid"
        )
    write(chosen, CHOICES, out)
