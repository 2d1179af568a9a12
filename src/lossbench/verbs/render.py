"""Render the page and the Markdown summary."""

from typing import Annotated

import typer

from lossbench.figures.catalogue import FIGURES
from lossbench.files import read_json, write_text
from lossbench.provenance import git_state
from lossbench.report import page
from lossbench.report.drawings import FigureContent
from lossbench.report.markdown import markdown
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs import Folder, StudyText

USES = (
    "name",
    "title",
    "data_dir",
    "seeds",
    "datasets",
    "losses",
    "networks",
    "comparisons",
    "recipes",
    "history",
    "compute.accelerator",
    "compute.threads",
    "compute.job_minutes",
    "compute.keep_weights",
    "compute.precision",
    "compute.compile",
    "statistics",
    "theory",
    "limits",
    "repetition",
)
CARDS = ("loss", "network", "dataset")


def render(
    study: StudyText,
    folder: Folder,
    snakemake: Annotated[
        str, typer.Option(help="The call that runs the study.")
    ] = "snakemake --cores 1",
) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    tables = read_tables(paths, *EXPORTED, *THEORY_TABLES)
    figures = {
        name: FigureContent(svg=paths.figure(name).read_text("utf-8"), **words)
        for name in FIGURES
        if (words := read_json(paths.words(name)))
    }
    provenance = read_json(paths.provenance) | {"page": git_state(), "snakemake": snakemake}
    write_text(paths.page, page.render(settings, tables, figures, provenance))
    write_text(paths.summary, markdown(settings, tables, provenance))
