"""Collect each table of all runs, all choices and all levels, into one table of the study."""

from lossbench.study.paths import STAGE_TABLES, StudyPaths, choices, levels
from lossbench.study.plan import all_jobs
from lossbench.study.slices import read_slice
from lossbench.tables.parquet import read_all
from lossbench.tables.runs import RUN_TABLES
from lossbench.tables.stored import read_origins, read_runs, write_tables
from lossbench.tables.study import CHOICES, LEVELS
from lossbench.verbs import Folder, StudyText

USES = (
    "seeds",
    "datasets.name",
    "datasets.augmentation",
    "losses",
    "networks",
    "comparisons",
    "recipes",
    "history",
    "limits",
    "compute.precision",
    "compute.seeds_per_job",
    "compute.trials_per_job",
    "compute.keep_weights",
)


def collect(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    planned = all_jobs(settings)
    for name, table in RUN_TABLES.items():  # one at a time: all predictions together are large
        jobs = [paths.job(job) for job in planned if name in STAGE_TABLES[job.cells[0].stage]]
        write_tables(paths, {name: read_runs(jobs, table)})
    write_tables(
        paths,
        {
            "origins": read_origins(paths.job(job) for job in planned),
            "choices": read_all(choices(paths, settings), CHOICES),
            "levels": read_all(levels(paths, settings), LEVELS),
        },
    )
