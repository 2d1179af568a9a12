"""Collect each table of all runs, all choices and all levels, into one table of the study."""

from lossbench.study.paths import STAGE_TABLES, StudyPaths, choices, levels
from lossbench.study.plan import groups
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
    "losses.name",
    "losses.code",
    "losses.output",
    "losses.head",
    "losses.settings",
    "networks.name",
    "networks.code",
    "comparisons",
    "recipes",
    "history",
    "limits",
    "compute.precision",
    "compute.job_minutes",
    "compute.keep_weights",
)


def collect(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    planned = groups(settings)
    for name, table in RUN_TABLES.items():  # one at a time: all predictions together are large
        jobs = [
            folder
            for group in planned
            if name in STAGE_TABLES[group.stage]
            for folder in paths.jobs(group)
        ]
        write_tables(paths, {name: read_runs(jobs, table)})
    write_tables(
        paths,
        {
            "origins": read_origins(job for group in planned for job in paths.jobs(group)),
            "choices": read_all(choices(paths, settings), CHOICES),
            "levels": read_all(levels(paths, settings), LEVELS),
        },
    )
