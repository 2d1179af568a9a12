"""Draw one figure, and write down the words around it."""

from dataclasses import asdict
from typing import Annotated

import typer

from lossbench.errors import LossbenchError
from lossbench.figures.catalogue import FIGURES
from lossbench.figures.drawing import svg_and_words
from lossbench.files import write_json, write_text
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_named
from lossbench.verbs import Folder, StudyText

USES = (
    "comparisons.dataset",
    "comparisons.model",
    "comparisons.recipe",
    "comparisons.epochs",
    "statistics.level",
    "theory.learning_rate",
)
CARDS = ("loss", "network", "dataset")


def draw(
    study: StudyText,
    folder: Folder,
    figure: Annotated[str, typer.Option(help="Its name in the catalogue of figures.")],
) -> None:
    if figure not in FIGURES:
        raise LossbenchError(f"--figure: no figure {figure!r}; allowed: {', '.join(FIGURES)}")
    entry = FIGURES[figure]
    paths = StudyPaths.around(folder)
    tables = read_named(paths, entry.tables)
    svg, words = svg_and_words(figure, entry.module, tables, read_slice(study, USES))
    write_text(paths.figure(figure), svg)
    write_json(paths.words(figure), asdict(words) if words else {})
