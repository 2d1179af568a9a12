"""Every run that the study plans, what became of it, and the command that makes it again."""

from collections.abc import Iterator

import pandas as pd

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.study.fields import Stage
from lossbench.study.job import Job
from lossbench.study.loading import DEFAULT_STUDY
from lossbench.study.paths import StudyPaths
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON, RUN_KEY

STAGES: tuple[Stage, ...] = ("tuning", "evaluation")
_IDENTITY = ["stage", *COMPARISON, "loss", "trial", "seed"]


def planned(study: Study) -> pd.DataFrame:
    """One row a run of the study: its identity, trial, learning rate if fixed, and command."""
    jobs = [job for stage in STAGES for job in plan.jobs(study, stage)]
    return pd.DataFrame([row for job in jobs for row in _planned(study, job)])


def run_status(study: Study, tables: Tables) -> pd.DataFrame:
    """Planned runs with what the tables know of them: status, errors and seconds.

    `status` is ok, diverged, missing, or not planned.
    """
    made = _made(tables)
    frame = planned(study).merge(made, on=_IDENTITY, how="outer", indicator="origin")
    rate = frame["learning_rate"].fillna(frame["planned_rate"])
    setting = frame["setting"].where(frame["setting"].notna(), frame["planned_setting"])
    frame = frame.assign(learning_rate=rate, setting=setting, status="ok")
    frame.loc[frame["diverged"].eq(True), "status"] = "diverged"
    frame.loc[frame["origin"] == "left_only", "status"] = "missing"
    frame.loc[frame["origin"] == "right_only", "status"] = "not planned"
    order = ["stage", *COMPARISON, "loss", "learning_rate", "seed"]
    return frame.sort_values(order, ignore_index=True)


def run_table(study: Study, tables: Tables) -> DataTable:
    """The status of every run as a table."""
    return data_table(
        run_status(study, tables),
        (
            *columns.CELL,
            Shown("stage", "Stage"),
            columns.LEARNING_RATE,
            columns.SETTING,
            columns.SEED,
            Shown("status", "Status", style="name"),
            columns.percent("validation_error", "Validation error"),
            columns.percent("test_error", "Test error"),
            Shown("train_s", "Seconds", "{:,.1f}".format, numeric=True),
            Shown("command", "Made again by", code=True),
        ),
        **table_words("tables/runs.txt.j2"),
        folded=False,
        filtered=True,
        state="status",
    )


def _planned(study: Study, job: Job) -> Iterator[dict[str, object]]:
    for cell in job.cells:
        for seed in job.seeds:
            yield {
                "stage": cell.stage,
                "dataset": cell.dataset,
                "model": cell.model,
                "recipe": cell.recipe.name,
                "epochs": cell.epochs,
                "loss": cell.loss,
                "trial": _trial(cell.stage, cell.learning_rate, cell.setting),
                "seed": seed,
                "planned_rate": cell.learning_rate,
                "planned_setting": cell.setting,
                "command": _command(study, job),
            }


def _command(study: Study, job: Job) -> str:
    path = StudyPaths(study.name).job(job, "runs")
    return f"snakemake --cores 1{config_option(study)} --force {path}"


def config_option(study: Study) -> str:
    """What names the study to snakemake; nothing for the default study."""
    if study.name == DEFAULT_STUDY.stem:
        return ""
    return f" --configfile config/{study.name}.yaml"


def _made(tables: Tables) -> pd.DataFrame:
    key = list(RUN_KEY)
    frame = rows_of(tables, "runs").reindex(columns=[*key, "diverged"])
    for split in ("validation", "test"):
        errors = rows_of(tables, "metrics", split=split, metric="error")
        errors = errors.reindex(columns=[*key, "value"])
        frame = frame.merge(errors.rename(columns={"value": f"{split}_error"}), on=key, how="left")
    timing = rows_of(tables, "timing").reindex(columns=[*key, "train_s"])
    frame = frame.merge(timing, on=key, how="left")
    identities = zip(frame["stage"], frame["learning_rate"], frame["setting"], strict=True)
    return frame.assign(trial=[_trial(*identity) for identity in identities])


def _trial(stage: str, learning_rate: float | None, setting: str) -> str:
    """What tells the runs of one loss and stage apart, besides the seed."""
    if stage == "evaluation":
        return "chosen"
    return f"rate={learning_rate:g}" + (f",{setting}" if setting else "")
