"""Every planned run is listed: what became of it, and a command that makes it again."""

import pandas as pd
import pytest

from builders import synthetic
from lossbench.report.run_status import by_job, planned, run_status, run_table
from lossbench.study import plan
from lossbench.study.paths import StudyPaths
from lossbench.tables.runs import COMPARISON


def test_plans_every_run_once_and_a_complete_study_is_ok_throughout():
    tables, study = synthetic.build(networks=1)
    rows = planned(study)
    key = ["stage", *COMPARISON, "loss", "trial", "seed"]
    assert not rows.duplicated(key).any()
    assert len(rows) == len(tables["runs"])
    found = run_status(study, tables)
    assert set(found["status"]) == {"ok"}
    assert found["learning_rate"].notna().all()
    tuned = found[found["stage"] == "tuning"]
    assert tuned["test_error"].isna().all()
    assert tuned["validation_error"].notna().all()


def test_missing_and_unplanned_runs_are_not_dropped():
    tables, study = synthetic.build(networks=1)
    runs = tables["runs"]
    gone = (runs["seed"] == 1) & (runs["loss"] == "mse_logits") & (runs["dataset"] == "mnist")
    stray = runs.iloc[[0]].assign(seed=999)
    changed = {**tables, "runs": pd.concat([runs[~gone], stray])}
    counts = run_status(study, changed)["status"].value_counts()
    assert counts["missing"] == gone.sum() == 1
    assert counts["not planned"] == 1
    (row,) = [row for row in run_table(study, changed, "snakemake").rows if row.state == "missing"]
    assert row.loss == "mse_logits"


def test_rows_sum_up_the_runs_of_a_job_and_say_what_became_of_each():
    runs = pd.DataFrame(
        {
            **{"stage": "evaluation", "dataset": "mnist", "model": "mlp", "recipe": "annealed"},
            **{"epochs": 2, "loss": "mse_softmax", "trial": "chosen", "setting": "", "folder": "a"},
            "seed": [3, 1, 2, 7, 9],
            "learning_rate": [0.3, 0.1, 0.3, 0.1, None],
            "status": ["ok", "diverged", "ok", "ok", "missing"],
            "origin": ["other, 2026-01-01", None, None, "other, 2026-01-01", None],
            "validation_error": [0.1, 0.9, 0.2, 0.4, None],
            "test_error": [0.2, 0.9, 0.3, 0.6, None],
            "train_s": [1.0, 2.0, None, 4.0, None],
        }
    )
    row = by_job(runs.assign(folder=[*"aaa", "b", "b"]))
    assert row["seeds"].tolist() == ["1 to 3", "7, 9"]
    assert row["rates"].tolist() == ["0.1, 0.3", "0.1"]
    assert row["status"].tolist() == ["2 ok, 1 diverged", "1 ok, 1 missing"]
    assert row["state"].tolist() == ["diverged", "missing"]
    assert row["origin"].tolist() == ["1 other, 2026-01-01"] * 2
    assert row["validation_error"].tolist() == pytest.approx([0.4, 0.4])
    assert row["test_error"].tolist() == pytest.approx([1.4 / 3, 0.6])
    assert row["train_s"].tolist() == [3.0, 4.0]


def test_diverged_runs_are_marked():
    tables, study = synthetic.build(networks=1, diverged=True, censored=True)
    found = run_status(study, tables)
    lost = found[found["status"] == "diverged"]
    assert len(lost) == tables["runs"]["diverged"].sum() > 0
    assert set(lost["loss"]) == {"mse_softmax"}


def test_a_run_has_the_folder_of_its_job_and_the_command_is_the_study_s_call_for_it():
    tables, study = synthetic.build(networks=1)
    rows = planned(study)
    shown = run_table(study, tables, "snakemake --cores 1 --configfile my.yaml")
    column = [each.name for each in shown.columns].index("command")
    commands = {row.cells[column].text for row in shown.rows}
    folders = set(rows["folder"])
    expected = "snakemake --cores 1 --configfile my.yaml --force {}"
    assert commands == {expected.format(folder) for folder in folders}
    paths = StudyPaths(study.name)
    for stage in ("tuning", "evaluation"):
        for group in (group for group in plan.groups(study) if group.stage == stage):
            mine = rows[rows["folder"] == str(paths.group(group))]
            assert len(mine) == group.runs
            seeds = {each.seed for job in group.jobs for each in job.replicates}
            assert set(mine["seed"]) == seeds
