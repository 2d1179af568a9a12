"""Choose a loss's learning rate and margin from its tuning runs."""

import json
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
    folders: Annotated[list[Path], typer.Argument(help="Folders of its tuning jobs' groups.")],
    grid: Annotated[str, typer.Option(help="The loss's grid, as JSON.")],
    out: Out,
    epochs: Annotated[int, typer.Option(help="Length of the comparison's evaluation runs.")],
    recipe: Annotated[str, typer.Option(help="The comparison's recipe, as JSON.")],
    seeds: Annotated[str, typer.Option(help="Pairs of tuning and evaluation seeds, as JSON.")],
) -> None:
    tuned = LossGrid.model_validate_json(grid)
    chosen = selection.choose(
        *read_jobs(folders, [tuned.loss]),
        tuned,
        dict(json.loads(seeds)),
        epochs=epochs,
        tuned_for=Recipe.model_validate_json(recipe).tuned_for,
    )
    edge = chosen[chosen["on_edge"]]
    if len(edge):
        row = edge.iloc[0]
        print(
            f"warning: {row['loss']} in {'/'.join(str(row[name]) for name in COMPARISON)}:"
            f" {len(edge)} of {len(chosen)} replicates chose a rate on the edge of the grid"
            f" ({', '.join(f'{rate:g}' for rate in sorted(edge['learning_rate'].unique()))});"
            " widen the grid"
        )
    write(chosen, CHOICES, out)
