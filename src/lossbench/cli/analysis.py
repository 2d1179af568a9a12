"""Verbs that compute the study's tables from its runs, and the theory chapter's."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.cli.app import StudyFile, app
from lossbench.study.paths import COLLECTED, StudyPaths
from lossbench.study.settings import Theory


@app.command()
def collect(study: StudyFile) -> None:
    """Collect each table of all jobs, all choices and all targets, into one table of the study."""
    from lossbench.cli.files import read_study, write_tables
    from lossbench.tables import read_all
    from lossbench.tables.study import TABLES

    settings = read_study(study)
    paths = StudyPaths.around(study)
    for name in COLLECTED:  # one at a time: all predictions together are large
        write_tables(paths, {name: read_all(paths.parts(settings, name), TABLES[name])})


@app.command()
def evaluate(study: StudyFile) -> None:
    """Measure every run by its stored predictions; pick images that tell the losses apart."""
    from lossbench.analysis.gallery import pick
    from lossbench.analysis.metrics import confusion, measure, reliability
    from lossbench.cli.files import read_tables, write_tables
    from lossbench.datasets.prepared import load
    from lossbench.study.paths import prepared

    paths = StudyPaths.around(study)
    tables = read_tables(paths, "predictions", "runs", "history")
    predictions = tables["predictions"]
    names = set(predictions["dataset"])
    images = {name: load(prepared(name, paths.results)).examples("test").images for name in names}
    measured = {
        "metrics": measure(**tables),
        "confusion": confusion(predictions),
        "reliability": reliability(predictions),
        "gallery": pick(predictions, images),
    }
    write_tables(paths, measured)


@app.command()
def contrast(study: StudyFile) -> None:
    """Compare every loss with the reference: times to target, contrasts, intervals, verdicts."""
    from lossbench.cli.files import read_study, read_tables, write_tables
    from lossbench.stats.derived import compare

    settings = read_study(study)
    paths = StudyPaths.around(study)
    names = ("metrics", "history", "runs", "targets", "choices", "geometry")
    write_tables(paths, compare(settings, **read_tables(paths, *names)))


@app.command()
def theory(
    settings: Annotated[str, typer.Option(help="The chapter's settings, as JSON.")],
    out: Annotated[Path, typer.Option(help="Folder for the chapter's tables.")],
) -> None:
    """Compute every table of the theory chapter."""
    from lossbench.tables import write
    from lossbench.tables.theory import THEORY_TABLES
    from lossbench.theory.chapter import chapter

    for name, frame in chapter(Theory.model_validate_json(settings)).items():
        write(frame, THEORY_TABLES[name], out / f"{name}.parquet")


@app.command()
def judge(study: StudyFile) -> None:
    """Give every claim its verdict, from the theory chapter and from the contrasts."""
    from lossbench.claims.from_benchmark import benchmark_claims
    from lossbench.claims.from_theory import claims
    from lossbench.cli.files import read_study, read_tables, read_theory, write_tables
    from lossbench.tables import concat
    from lossbench.tables.study import CLAIMS

    settings = read_study(study)
    paths = StudyPaths.around(study)
    derived = claims(read_theory(paths))
    tables = read_tables(paths, "contrasts", "metrics")
    measured = benchmark_claims(settings, theory=derived, **tables)
    write_tables(paths, {"claims": concat([derived, measured], CLAIMS)})
