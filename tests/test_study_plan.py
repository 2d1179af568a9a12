"""A study expands to every trial and every seed, once, and to what its caps allow."""

import itertools
from pathlib import Path

import pytest

from lossbench.errors import ConfigError
from lossbench.study.groups import MOST_CELLS, grouped
from lossbench.study.loading import load_study
from lossbench.study.plan import all_jobs, groups, jobs, replicates, tuning_grid
from lossbench.study.workload import job_minutes, run_minutes

MINIATURE = Path(__file__).parents[1] / "config/miniature.yaml"


def runs_of(study, stage):
    """Every run a stage plans, as (data set, model, loss, setting, rate, seed)."""
    return [
        (cell.dataset, cell.model, cell.loss, cell.setting, cell.learning_rate, seed)
        for job in jobs(study, stage)
        for cell in job.cells
        for seed in (replicate.seed for replicate in job.replicates)
    ]


@pytest.mark.parametrize("compute", [{}, {"job_minutes": 0.02}])
def test_tuning_plans_every_trial_with_every_seed_once(compute):
    study = load_study(MINIATURE, {"compute": compute})
    planned = runs_of(study, "tuning")
    expected = {
        (comparison.dataset, comparison.model, grid.loss, margin, rate, seed)
        for comparison in study.comparisons
        for grid in comparison.losses
        for margin in [margin.label for margin in grid.margins] or [""]
        for rate in grid.learning_rates
        for seed in study.seeds.tuning[: comparison.replicates]
    }
    assert len(planned) == len(set(planned))
    assert set(planned) == expected


def test_evaluation_plans_every_seed_within_the_comparison_s_cap_on_the_tuning_split():
    study = load_study(MINIATURE)
    found = {run[:3]: [] for run in runs_of(study, "evaluation")}
    for run in runs_of(study, "evaluation"):
        found[run[:3]].append(run[-1])
    for comparison in study.comparisons:
        expected = study.seeds.evaluation[: comparison.replicates]
        for grid in comparison.losses:
            assert found[comparison.dataset, comparison.model, grid.loss] == list(expected)
    splits = dict(zip(study.seeds.evaluation, study.seeds.tuning, strict=True))
    for job in all_jobs(study):
        for replicate in job.replicates:
            assert replicate.split == splits.get(replicate.seed, replicate.seed)


def test_a_loss_may_have_fewer_replicates_than_its_comparison():
    study = load_study(MINIATURE)
    comparison = study.comparisons[0].model_copy(update={"replicates": 4})
    grid = comparison.losses[1]
    few = grid.model_copy(update={"replicates": 2})
    assert len(replicates(study, comparison, grid, "tuning")) == 4
    for stage in ("tuning", "evaluation"):
        assert len(replicates(study, comparison, few, stage)) == 2


def test_limits_cap_epochs_and_seeds_and_keep_the_middle_of_each_grid_s_rates():
    limits = {"epochs": 1, "tuning_epochs": 1, "replicates": 1}
    study = load_study(MINIATURE, {"limits": limits})
    for stage in ("tuning", "evaluation"):
        for job in jobs(study, stage):
            assert len(job.replicates) == 1
            assert {cell.epochs for cell in job.cells} == {1}
    assert len(list(jobs(study, "tuning"))) == len(list(jobs(load_study(MINIATURE), "tuning")))
    study = load_study(MINIATURE, {"limits": {"learning_rates": 2}})
    grid = study.comparisons[0].losses[0]
    assert grid.learning_rates == (0.01, 0.03, 0.1)
    assert tuning_grid(study, grid).learning_rates == (0.01, 0.03)
    one = load_study(MINIATURE, {"limits": {"learning_rates": 1}})
    assert tuning_grid(one, grid).learning_rates == (0.03,)
    assert {run[-2] for run in runs_of(one, "tuning") if run[2] == "cross_entropy"} == {0.03, 0.3}


def test_jobs_of_a_study_have_folders_of_their_own():
    study = load_study(MINIATURE, {"compute": {"job_minutes": 0.001}})
    planned = groups(study)
    assert {group.runs for group in planned} == {1}
    assert len({group.folder for group in planned}) == len(planned)
    folders = [folder for group in planned for folder in group.folders]
    assert len(folders) == len(set(folders))


def test_each_replicate_s_choice_fills_in_its_rate_and_margin():
    study = load_study(MINIATURE)
    job = next(job for job in jobs(study, "evaluation") if job.cells[0].loss == "am_softmax")
    label = job.margins[0].label
    rates = {replicate.seed: 0.1 * (1 + replicate.seed) for replicate in job.replicates}
    runs = job.runs({seed: (rate, label) for seed, rate in rates.items()})
    assert {run.replicate.seed: run.cell.learning_rate for run in runs} == rates
    assert {run.cell.setting for run in runs} == {label}
    with pytest.raises(ConfigError, match=r"setting 'm=9'"):
        job.runs(dict.fromkeys(rates, (0.1, "m=9")))
    with pytest.raises(ConfigError, match="none for seed 0; there are some for: 1"):
        job.runs({1: (0.1, label)})


@pytest.mark.parametrize("minutes", [0.001, 0.5, 5, 60])
@pytest.mark.parametrize("file", ["miniature", "mnist-cifar10", "full"])
def test_processes_are_as_long_as_asked_for_and_no_more_than_needed(file, minutes):
    study = load_study(MINIATURE.with_stem(file), {"compute": {"job_minutes": minutes}})
    planned = groups(study)
    assert all(group.minutes <= 1.001 * minutes or group.runs == 1 for group in planned)
    for one, other in itertools.pairwise(planned):
        place = [each.folder.rpartition("/")[0] for each in (one, other)]
        cells = sum(len(job.cells) for group in (one, other) for job in group.jobs)
        if place[0] == place[1] and cells <= MOST_CELLS:
            assert one.minutes + job_minutes(other.jobs[0]) > minutes


def test_the_miniature_starts_six_training_processes():
    assert len(groups(load_study(MINIATURE))) == 6


def test_an_own_loss_has_a_process_of_its_own():
    """What its module changes, such as PyTorch's defaults, must change no other loss's numbers."""
    job = next(jobs(load_study(MINIATURE), "tuning"))
    mine, theirs = (
        job.model_copy(update={"cells": (job.cells[0].model_copy(update={"own_loss": code}),)})
        for code in ("a" * 16, "b" * 16)
    )
    found = [group.jobs for group in grouped([job, job, mine, mine, theirs], 60)]
    assert found == [(job, job), (mine, mine), (theirs,)]


def test_a_run_takes_as_long_as_its_arithmetic():
    """LeNet's 6.24 MFLOP on 60,000 images, at 30 GFLOP/s: 12.48 s an epoch."""
    [tuning, *_] = jobs(load_study(MINIATURE), "tuning")
    cell = tuning.cells[0].model_copy(update={"dataset": "mnist", "model": "lenet", "epochs": 2})
    assert 60 * run_minutes(cell) == pytest.approx(2 * 12.48 + 0.5)
    wide = cell.model_copy(update={"dataset": "mnist_pairs"})  # half as many, twice as wide
    assert run_minutes(wide) == pytest.approx(run_minutes(cell))
