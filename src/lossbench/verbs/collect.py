"""Collect each table of all jobs, all choices and all targets, into one table of the study."""

from lossbench.study.loading import read_study
from lossbench.study.paths import COLLECTED, StudyPaths
from lossbench.tables.parquet import read_all
from lossbench.tables.stored import write_tables
from lossbench.tables.study import TABLES
from lossbench.verbs import StudyFile


def collect(study: StudyFile) -> None:
    settings = read_study(study)
    paths = StudyPaths.around(study)
    for name in COLLECTED:  # one at a time: all predictions together are large
        write_tables(paths, {name: read_all(paths.parts(settings, name), TABLES[name])})
