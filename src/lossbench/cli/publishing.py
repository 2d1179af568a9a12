"""Verbs that make what people read: figures, CSV, provenance, page; and the schema for editors."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lossbench.cli.app import Out, StudyFile, app
from lossbench.errors import FileError
from lossbench.files import atomic
from lossbench.names import FIGURE_CHAPTERS, Chapter
from lossbench.study.paths import EXPORTED, StudyPaths, manifest


@app.command()
def draw(
    study: StudyFile,
    chapter: Annotated[Chapter, typer.Option(help="Which figures: the runs' or the theory's.")],
) -> None:
    """Draw a chapter's figures, and write down the words around them and whence their numbers."""
    from lossbench.cli.files import read_study, read_tables, read_theory
    from lossbench.figures.catalogue import FIGURES
    from lossbench.figures.spec import placeholder

    settings = read_study(study)
    paths = StudyPaths.around(study)
    tables = read_tables(paths) if chapter == "results" else read_theory(paths)
    words: dict[str, dict[str, object]] = {}
    for name in FIGURE_CHAPTERS[chapter]:
        figure = FIGURES[name]
        available = figure.available(tables)
        drawing = figure.svg(tables, settings) if available else placeholder(name)
        _write_text(paths.figure(name), drawing)
        if available:
            described = figure.describe(tables, settings)
            words[name] = {**asdict(described), "sources": figure.sources}
    _write_json(paths.words(chapter), words)


@app.command()
def export(study: StudyFile) -> None:
    """Write the tables as CSV."""
    from lossbench.cli.files import read_tables, read_theory

    paths = StudyPaths.around(study)
    for name, frame in (read_tables(paths, *EXPORTED) | read_theory(paths)).items():
        with atomic(paths.csv(name)) as temporary:
            frame.to_csv(temporary, index=False)


@app.command()
def trace(study: StudyFile) -> None:
    """Record where the results come from: code digests, versions, machine, commit, data."""
    import numpy as np

    from lossbench.cli.files import read_study, read_tables
    from lossbench.provenance import code_digest, environment, git_state

    settings = read_study(study)
    paths = StudyPaths.around(study)
    used = sorted({comparison.dataset for comparison in settings.comparisons})
    timing = read_tables(paths, "timing")["timing"]
    record = {
        **git_state(Path.cwd()),
        "code_digests": {
            "training": code_digest("training.fit"),
            "analysis": code_digest("analysis.metrics", "analysis.selection", "stats.derived"),
            "theory": code_digest("theory.chapter"),
        },
        **environment(),
        "devices": sorted(timing["device"].unique()),
        "datasets": {name: _read_json(manifest(name, paths.results)) for name in used},
        "train_seconds": float(timing["train_s"].sum()),
        "peak_share": float(np.average(timing["peak_share"], weights=timing["train_s"])),
        "finished": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    _write_json(paths.provenance, record)


@app.command()
def render(study: StudyFile) -> None:
    """Render the page and the Markdown summary."""
    from lossbench.cli.files import read_study, read_tables, read_theory
    from lossbench.provenance import git_state
    from lossbench.report.blocks import FigureContent
    from lossbench.report.page import render
    from lossbench.report.statements import statements
    from lossbench.report.summary import markdown
    from lossbench.tables.study import TABLES

    settings = read_study(study)
    paths = StudyPaths.around(study)
    theory = read_theory(paths)
    tables = read_tables(paths, *(name for name in TABLES if name != "predictions")) | theory
    figures = {
        name: FigureContent(svg=paths.figure(name).read_text("utf-8"), **words)
        for chapter in FIGURE_CHAPTERS
        for name, words in _read_json(paths.words(chapter)).items()
    }
    provenance = _read_json(paths.provenance) | {"page": git_state(Path.cwd())}
    page = render(settings, tables, figures, provenance, statements(theory))
    _write_text(paths.page, page)
    _write_text(paths.summary, markdown(settings, tables, provenance))


@app.command()
def compare(
    first: Annotated[
        Path, typer.Argument(help="A study's folder: results/NAME, or one in docs/published.")
    ],
    second: Annotated[Path, typer.Argument(help="Another's.")],
    out: Annotated[Path | None, typer.Option(help="Markdown file to write.")] = None,
) -> None:
    """Compare two studies: what changed in verdicts, errors and times, beyond noise or not."""
    from rich.console import Console
    from rich.markdown import Markdown

    from lossbench.cli.files import read_finished
    from lossbench.report.two_studies import READ, markdown

    one, other = (read_finished(folder.resolve(), *READ) for folder in (first, second))
    names = [first.name, second.name] if first.name != second.name else [str(first), str(second)]
    text = markdown(one, other, *names)
    if out is not None:
        _write_text(out, text)
    Console().print(Markdown(text))


@app.command()
def schema(out: Out) -> None:
    """Write the JSON schema of a study file, for editors."""
    from lossbench.study.schema import json_schema

    _write_json(out, json_schema())


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: not readable JSON ({error})") from error


def _write_json(path: Path, content: Any) -> None:
    _write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
