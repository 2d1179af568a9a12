"""Render the page and the Markdown summary."""

from pathlib import Path

from lossbench.files import read_json, write_text
from lossbench.names import FIGURE_CHAPTERS
from lossbench.provenance import git_state
from lossbench.report import page
from lossbench.report.blocks import FigureContent
from lossbench.report.statements import statements
from lossbench.report.summary import markdown
from lossbench.study.paths import StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables, read_theory
from lossbench.tables.study import TABLES
from lossbench.verbs import Folder, StudyText

USES = (
    "name",
    "title",
    "data_dir",
    "seeds",
    "datasets",
    "comparisons",
    "recipe",
    "history",
    "compute.accelerator",
    "compute.threads",
    "compute.seeds_per_job",
    "compute.trials_per_job",
    "compute.precision",
    "compute.compile",
    "statistics",
    "theory",
    "limits",
)
CARDS = ("loss", "network", "dataset")


def render(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    theory = read_theory(paths)
    tables = read_tables(paths, *(name for name in TABLES if name != "predictions")) | theory
    figures = {
        name: FigureContent(svg=paths.figure(name).read_text("utf-8"), **words)
        for chapter in FIGURE_CHAPTERS
        for name, words in read_json(paths.words(chapter)).items()
    }
    provenance = read_json(paths.provenance) | {"page": git_state(Path.cwd())}
    html = page.render(settings, tables, figures, provenance, statements(theory))
    write_text(paths.page, html)
    write_text(paths.summary, markdown(settings, tables, provenance))
