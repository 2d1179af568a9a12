"""Render the page and the Markdown summary."""

from pathlib import Path

from lossbench.figures.catalogue import FIGURES
from lossbench.files import read_json, write_text
from lossbench.provenance import git_state
from lossbench.report import page
from lossbench.report.blocks import FigureContent
from lossbench.report.statements import statements
from lossbench.report.summary import markdown
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.stored import read_tables, read_theory
from lossbench.tables.study import TABLES
from lossbench.verbs import StudyFile


def render(study: StudyFile) -> None:
    settings = read_study(study)
    paths = StudyPaths.around(study)
    theory = read_theory(paths)
    tables = read_tables(paths, *(name for name in TABLES if name != "predictions")) | theory
    figures = {
        name: FigureContent(svg=paths.figure(name).read_text("utf-8"), **words)
        for name in FIGURES
        if (words := read_json(paths.words(name)))
    }
    provenance = read_json(paths.provenance) | {"page": git_state(Path.cwd())}
    html = page.render(settings, tables, figures, provenance, statements(theory))
    write_text(paths.page, html)
    write_text(paths.summary, markdown(settings, tables, provenance))
