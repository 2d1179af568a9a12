"""Write a finished study's figures as PDF or PNG, or the page's tables as LaTeX, for papers."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from lossbench.figures.catalogue import FIGURES
from lossbench.figures.drawing import save
from lossbench.files import write_text
from lossbench.report import latex
from lossbench.report.blocks import Material, TableBlock
from lossbench.report.sections import SECTIONS
from lossbench.study.finished import finished
from lossbench.study.loading import read_study
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.tables.rows import Tables, filled
from lossbench.tables.stored import read_tables
from lossbench.tables.theory import THEORY_TABLES

Format = Literal["pdf", "png", "tex"]


def export(
    study: Annotated[str, typer.Argument(help="A study's name, or its folder.")],
    format: Annotated[Format, typer.Option(help="pdf, png: figures; tex: tables.")] = "pdf",
    out: Annotated[Path | None, typer.Option(help="Folder; without, exports in its own.")] = None,
) -> None:
    paths = finished(study, EXPORTED)
    folder = out or paths.root / "exports" / format
    tables = read_tables(paths, *EXPORTED, *THEORY_TABLES)
    write = _tables if format == "tex" else _figures
    written = write(paths, tables, folder, format)
    print(f"{folder}: {len(written)} files")


def _figures(paths: StudyPaths, tables: Tables, folder: Path, format: Format) -> list[Path]:
    settings, written = read_study(paths.study), []
    for name, entry in FIGURES.items():
        path = folder / f"{name}.{format}"
        if save(entry.module, tables, settings, path):
            written.append(path)
    return written


def _tables(paths: StudyPaths, tables: Tables, folder: Path, format: Format) -> list[Path]:
    material, written = Material(read_study(paths.study), tables, {}, {}), []
    for section in SECTIONS:
        for block in section.blocks:
            if not isinstance(block, TableBlock) or not filled(tables, *block.needs):
                continue
            if (shown := block.make(material)) is not None:
                written.append(folder / f"{shown.name}.{format}")
                write_text(written[-1], latex.table(shown))
    return written
