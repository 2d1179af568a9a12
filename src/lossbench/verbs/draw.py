"""Draw a chapter's figures, and write down the words around them and whence their numbers."""

from dataclasses import asdict
from typing import Annotated

import typer

from lossbench.figures.catalogue import FIGURES
from lossbench.figures.spec import placeholder
from lossbench.files import write_json, write_text
from lossbench.names import FIGURE_CHAPTERS, Chapter
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables, read_theory
from lossbench.verbs import Folder, StudyText

USES = ("comparisons.dataset", "comparisons.model", "statistics.level", "theory.learning_rate")
CARDS = ("loss", "network", "dataset")


def draw(
    study: StudyText,
    folder: Folder,
    chapter: Annotated[Chapter, typer.Option(help="Which figures: the runs' or the theory's.")],
) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    tables = read_tables(paths) if chapter == "results" else read_theory(paths)
    words: dict[str, dict[str, object]] = {}
    for name in FIGURE_CHAPTERS[chapter]:
        figure = FIGURES[name]
        available = figure.available(tables)
        drawing = figure.svg(tables, settings) if available else placeholder(name)
        write_text(paths.figure(name), drawing)
        if available:
            described = figure.describe(tables, settings)
            words[name] = {**asdict(described), "sources": figure.sources}
    write_json(paths.words(chapter), words)
