"""Every run that the study plans, what became of it, and the command that makes it again."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.study.config import Study
from lossbench.study.job import Job
from lossbench.study.paths import StudyPaths
from lossbench.study.plan import groups
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON, RUN_KEY

_IDENTITY = ["stage", *COMPARISON, "loss", "trial", "seed"]


def planned(study: Study) -> pd.DataFrame:
    """A row for each run: its identity, trial, learning rate if fixed, and process's folder."""
    paths = StudyPaths(study.name)
    return pd.DataFrame(
        [
            row
            for group in groups(study)
            for job in group.jobs
            for row in _planned(job, paths.group(group))
        ]
    )


def run_status(study: Study, tables: Tables) -> pd.DataFrame:
    """Planned runs with what the tables know of them: status, errors and seconds.

    `status` is ok, diverged, missing, or not planned.
    """
    made = _made(tables, study.name)
    frame = planned(study).merge(made, on=_IDENTITY, how="outer", indicator="side")
    rate = frame["learning_rate"].fillna(frame["planned_rate"])
    setting = frame["setting"].where(frame["setting"].notna(), frame["planned_setting"])
    frame = frame.assign(learning_rate=rate, setting=setting, status="ok")
    frame.loc[frame["diverged"].eq(True), "status"] = "diverged"
    frame.loc[frame["side"] == "left_only", "status"] = "missing"
    frame.loc[frame["side"] == "right_only", "status"] = "not planned"
    order = ["stage", *COMPARISON, "loss", "learning_rate", "seed"]
    return frame.sort_values(order, ignore_index=True)


def run_table(study: Study, tables: Tables, snakemake: str) -> DataTable:
    """What became of the runs, a row for those of one job at one trial.

    `snakemake` is the call that runs the study.
    """
    frame = by_job(run_status(study, tables))
    return data_table(
        frame.assign(command=f"{snakemake} --force " + frame["folder"]),
        (
            *columns.CELL,
            Shown("stage", "Stage"),
            Shown("rates", "Learning rate"),
            columns.SETTING,
            Shown("seeds", "Seeds", style="name"),
            Shown("status", "Status", style="name"),
            columns.percent("validation_error", "Mean validation error"),
            columns.percent("test_error", "Mean test error"),
            Shown("origin", "Trained by", optional=True),
            Shown("train_s", "Seconds", "{:,.1f}".format, numeric=True),
            Shown("command", "Made again by", code=True),
        ),
        **table_words("tables/runs.txt.j2"),
        folded=False,
        filtered=True,
        state="state",
    )


def by_job(runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `run_status` in groups: the runs of one job at one trial, with their means."""
    together = [*(name for name in _IDENTITY if name != "seed"), "setting", "folder"]
    groups = runs.groupby(together, sort=False, dropna=False)
    found = groups[["validation_error", "test_error"]].mean()
    found["train_s"] = groups["train_s"].sum(min_count=1)
    found["rates"] = groups["learning_rate"].agg(_listed)
    found["seeds"] = groups["seed"].agg(_seeds)
    found["status"] = groups["status"].agg(_counted)
    found["state"] = groups["status"].agg(lambda each: max(each, key=list(STATES).index))
    found["origin"] = groups["origin"].agg(_counted)
    return found.reset_index()


STATES = ("ok", "not planned", "diverged", "missing")
"""The last that occurs marks its row."""


def _listed(rates: "pd.Series[float]") -> str:
    return ", ".join(f"{rate:g}" for rate in sorted(rates.dropna().unique()))


def _seeds(seeds: "pd.Series[int]") -> str:
    """Such as `20 to 24`, or one by one where some between are not there."""
    found = sorted(seeds)
    if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
        return f"{found[0]} to {found[-1]}"
    return ", ".join(map(str, found))


def _counted(words: "pd.Series[str]") -> str:
    """Each word with how often it occurs: `4 ok, 1 diverged`; the word alone for a single run."""
    found = words.dropna().value_counts()
    if len(words) == 1:
        return "".join(found.index)
    return ", ".join(f"{number} {word}" for word, number in found.items())


def _planned(job: Job, folder: Path) -> Iterator[dict[str, object]]:
    for cell in job.cells:
        for seed in (replicate.seed for replicate in job.replicates):
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
                "folder": str(folder),
            }


def _made(tables: Tables, name: str) -> pd.DataFrame:
    key = list(RUN_KEY)
    frame = rows_of(tables, "runs").reindex(columns=[*key, "diverged"])
    for split in ("validation", "test"):
        errors = rows_of(tables, "metrics", split=split, metric="error")
        errors = errors.reindex(columns=[*key, "value"])
        frame = frame.merge(errors.rename(columns={"value": f"{split}_error"}), on=key, how="left")
    timing = rows_of(tables, "timing").reindex(columns=[*key, "train_s"])
    frame = frame.merge(timing, on=key, how="left")
    origins = rows_of(tables, "origins").reindex(columns=[*key, "study", "trained"])
    others = origins[origins["study"] != name]
    others = others.assign(origin=others["study"] + ", " + others["trained"].str[:10])
    frame = frame.merge(others[[*key, "origin"]], on=key, how="left")
    identities = zip(frame["stage"], frame["learning_rate"], frame["setting"], strict=True)
    return frame.assign(trial=[_trial(*identity) for identity in identities])


def _trial(stage: str, learning_rate: float | None, setting: str) -> str:
    """What tells the runs of one loss and stage apart, besides the seed."""
    if stage == "evaluation":
        return "chosen"
    return f"rate={learning_rate:g}" + (f",{setting}" if setting else "")
