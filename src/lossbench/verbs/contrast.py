"""Compare every loss with the reference: times to target, contrasts, intervals, verdicts."""

from lossbench.stats.derived import derived_tables
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.stored import read_tables, write_tables
from lossbench.verbs import StudyFile


def contrast(study: StudyFile) -> None:
    settings = read_study(study)
    paths = StudyPaths.around(study)
    names = ("metrics", "history", "runs", "targets", "choices", "geometry")
    write_tables(paths, derived_tables(settings, **read_tables(paths, *names)))
