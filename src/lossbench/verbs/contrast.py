"""Compare every loss with the reference: steps to each level, contrasts, intervals, verdicts."""

from lossbench.stats.derived import derived_tables
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables, write_tables
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


def contrast(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    names = ("metrics", "history", "runs", "levels", "choices", "geometry", "mean_squares")
    write_tables(paths, derived_tables(settings, **read_tables(paths, *names)))
