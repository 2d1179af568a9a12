"""Draw one figure, and write down the words around it."""

from dataclasses import asdict
from typing import Annotated

import typer

from lossbench.errors import LossbenchError
from lossbench.figures.catalogue import FIGURES
from lossbench.figures.drawing import svg_and_words
from lossbench.files import write_json, write_text
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.stored import read_named
from lossbench.verbs import StudyFile


def draw(
    study: StudyFile,
    figure: Annotated[str, typer.Option(help="Its name in the catalogue of figures.")],
) -> None:
    if figure not in FIGURES:
        raise LossbenchError(f"--figure: no figure {figure!r}; allowed: {', '.join(FIGURES)}")
    entry = FIGURES[figure]
    paths = StudyPaths.around(study)
    tables = read_named(paths, entry.tables)
    svg, words = svg_and_words(figure, entry.module, tables, read_study(study))
    write_text(paths.figure(figure), svg)
    write_json(paths.words(figure), asdict(words) if words else {})
