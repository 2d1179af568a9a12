"""Compare every loss with the reference: steps to each level, contrasts, intervals, verdicts."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.stats.derived import derived_tables, repeated
from lossbench.stats.repetition import require_other_seeds
from lossbench.study.paths import COMPARED, StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.parquet import empty
from lossbench.tables.stored import read_finished, read_tables, write_tables
from lossbench.tables.study import REPETITION, TOGETHER
from lossbench.verbs import Folder, StudyText

USES = (
    "comparisons.dataset",
    "comparisons.model",
    "comparisons.recipe",
    "comparisons.epochs",
    "comparisons.losses.loss",
    "datasets.name",
    "datasets.equivalence_margin",
    "recipes.name",
    "recipes.tuned_for",
    "statistics",
)


def contrast(
    study: StudyText,
    folder: Folder,
    repetition: Annotated[
        Path | None, typer.Option(help="Folder of a finished study that repeats this one.")
    ] = None,
) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    names = ("metrics", "history", "runs", "levels", "choices", "geometry", "mean_squares")
    tables = read_tables(paths, *names)
    derived = derived_tables(settings, tables)
    if repetition is None:
        compared = {each.name: empty(each) for each in (REPETITION, TOGETHER)}
    else:
        again = read_finished(repetition, "contrasts", *COMPARED)
        require_other_seeds(tables["metrics"], again["metrics"], str(repetition))
        compared = repeated(settings, {**tables, **derived}, again, repetition.name)
    write_tables(paths, derived | compared)
