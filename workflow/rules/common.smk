import gc
from pathlib import Path

from snakemake.exceptions import WorkflowError

from lossbench.cards.dataset import DATASETS
from lossbench.cards.loss import PRIMARY, REFERENCE

from lossbench.errors import ConfigError
from lossbench.figures.catalogue import FIGURES
from lossbench.study import paths
from lossbench.study.loading import snakemake_study
from lossbench.study.plan import jobs, tuning_grid
from lossbench.tables import theory
from lossbench.provenance import code_digest, has_gpu, listing_digest

# A plan is a million small objects that stay: looking for garbage among them takes a sixth of a dry run.
gc.set_threshold(1_000_000)

try:
    STUDY = snakemake_study(config, workflow.configfiles)
except ConfigError as error:
    raise WorkflowError(str(error)) from None

PATHS = paths.StudyPaths(STUDY.name)
JOBS = {
    job.folder: job for stage in ("tuning", "evaluation") for job in jobs(STUDY, stage)
}
JOB_TABLES = [
    PATHS.job(job, table)
    for job in JOBS.values()
    for table in paths.JOB_TABLES[job.cells[0].stage]
]
OWN = {dataset.name: dataset for dataset in STUDY.datasets if dataset.source}
USED = sorted({comparison.dataset for comparison in STUDY.comparisons})
# Where no GPU is used, jobs must not queue for one.
GPUS_PER_JOB = int(
    STUDY.compute.accelerator == "cuda"
    or (STUDY.compute.accelerator == "auto" and has_gpu())
)

# What waits for no run fills the cores at the end, when one job waits for the other. But before
# all goes the study's record, an instant's work: `lossbench status` reads it while runs train.
TRAINING_FIRST = 1
BEFORE_TRAINING = 2

# How often a job saves its state changes no number and must retrain nothing.
COMPUTE = STUDY.compute.model_dump_json(exclude={"checkpoint_s"})

CELL = "{dataset}/{model}/{loss}/{part}"


wildcard_constraints:
    dataset="[a-z][a-z0-9_]*",
    model="[a-z][a-z0-9_]*",
    loss="[a-z][a-z0-9_]*",
    part="[a-z][a-z0-9_-]*",


def job_files(stage):
    """The paths, with wildcards, of the tables that a job of this stage writes."""
    folder = PATHS.root / "runs" / stage / CELL
    return [folder / f"{table}.parquet" for table in paths.JOB_TABLES[stage]]


def job_of(stage):
    """A params function: the job, as JSON, that writes to the wildcards' folder."""

    def job(wildcards):
        folder = f"{stage}/{CELL.format(**wildcards)}"
        if folder not in JOBS:
            raise WorkflowError(
                f"{folder}: the study {STUDY.name} has no such training job"
            )
        return JOBS[folder].model_dump_json()

    return job


def listing_of(wildcards):
    """A digest of the files of a data set of the study's own, before they are read."""
    source = OWN[wildcards.dataset].source
    if not source.exists():
        raise WorkflowError(
            f"datasets, {wildcards.dataset}: source {source} does not exist;"
            " allowed: a folder of images or an .npz archive"
        )
    return listing_digest(source)


def grid_of(wildcards):
    """The loss's grid of learning rates and margins, as JSON."""
    comparison = comparison_of(wildcards)
    return next(
        tuning_grid(STUDY, grid).model_dump_json()
        for grid in comparison.losses
        if grid.loss == wildcards.loss
    )


def comparison_of(wildcards):
    """What the study compares on the wildcards' data set and network."""
    for comparison in STUDY.comparisons:
        if (comparison.dataset, comparison.model) == (
            wildcards.dataset,
            wildcards.model,
        ):
            return comparison
    raise WorkflowError(f"the study has no {wildcards.model} on {wildcards.dataset}")


def tuning_tables(dataset, model, losses):
    """What a choice reads: history and runs of these losses' tuning jobs."""
    return [
        PATHS.job(job, table)
        for job in JOBS.values()
        for cell in job.cells[:1]
        if cell.stage == "tuning"
        and (cell.dataset, cell.model) == (dataset, model)
        and cell.loss in losses
        for table in ("history", "runs")
    ]


def folders_of(tables):
    """The folders of these files, wherever Snakemake put them."""
    return list(dict.fromkeys(Path(table).parent for table in tables))


def primary_pair(wildcards):
    """The losses whose tuning runs declare the targets, as far as the study compares them."""
    compared = [grid.loss for grid in comparison_of(wildcards).losses]
    return [loss for loss in (REFERENCE, PRIMARY) if loss in compared]


def tables_of_figure(wildcards):
    """The tables that the figure's entry in the catalogue names: it waits for no others."""
    return [
        PATHS.theory(name) if name in theory.THEORY_TABLES else PATHS.table(name)
        for name in FIGURES[wildcards.figure].tables
    ]


def code_of_figure(wildcards):
    """A digest of the figure's module and of what draws any figure: another figure is no part."""
    drawn_by = FIGURES[wildcards.figure].module.removeprefix("lossbench.")
    return code_digest("figures.drawing", drawn_by)
