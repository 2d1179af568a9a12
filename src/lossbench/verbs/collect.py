"""Collect each table of all jobs, all choices and all levels, into one table of the study."""

from lossbench.study.paths import COLLECTED, StudyPaths, parts
from lossbench.study.plan import jobs
from lossbench.study.slices import read_slice
from lossbench.tables.parquet import read_all
from lossbench.tables.stored import write_tables
from lossbench.tables.study import TABLES
from lossbench.verbs import Folder, StudyText

USES = (
    "seeds",
    "datasets.name",
    "datasets.augmentation",
    "comparisons",
    "recipes",
    "history",
    "limits",
    "compute.precision",
    "compute.seeds_per_job",
    "compute.trials_per_job",
)


def collect(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    planned = [*jobs(settings, "tuning"), *jobs(settings, "evaluation")]
    for name in COLLECTED:  # one at a time: all predictions together are large
        files = parts(paths, settings, planned, name)
        write_tables(paths, {name: read_all(files, TABLES[name])})
