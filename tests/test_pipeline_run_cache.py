"""On a finished study: how many runs are trained after each edit. What is planned may be more."""

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from builders.fresh_copy import run
from builders.project_copy import Project
from builders.tables_on_disk import REPEATED
from lossbench.datasets.digits import read_digits
from lossbench.run_cache import WEIGHTS

pytestmark = pytest.mark.slow

BOTH = ("cross_entropy", "mse_softmax")
CONFIG = "config/tiny.yaml"
LOSSES = "src/lossbench/networks/losses.py"
FORMULA = (".softmax(-1), labels).square().mean(-1)", ".softmax(-1), labels).square().sum(-1)")


@pytest.fixture(scope="module")
def two_studies(finished, tmp_path_factory) -> Project:
    """The finished study, and another's tables: two replicates of its own and two in common."""
    project = finished.copy(tmp_path_factory.mktemp("two") / "studies")
    project.edit(CONFIG, "name: tiny", "name: other")
    project.tiny("--until", "tables", *OTHER_SEEDS)
    return project


def each(count: int) -> dict[str, int]:
    return dict.fromkeys(BOTH, count)


def seeds(*replicates: int) -> tuple[str, str]:
    """The option that asks for these replicates; each tunes with a seed a hundred higher."""
    tuning = [100 + replicate for replicate in replicates]
    return "--config", f"seeds={{tuning: {tuning}, evaluation: {list(replicates)}}}"


OTHER_SEEDS = seeds(1, 2, 7, 8)


@pytest.mark.parametrize(
    ("arguments", "new"),
    [
        (seeds(0, 1, 2, 3), each(2 + 1)),  # a trial at each of two rates, and one run
        (seeds(0, 1), {}),
        (("--config", "compute={accelerator: cpu}"), {}),
    ],
    ids=["a replicate more", "a replicate fewer", "the device by name"],
)
def test_only_what_is_new_is_trained(project, arguments, new):
    assert project.trained(*arguments) == new


def test_other_jobs_train_nothing_and_their_tables_are_the_same(project):
    """Each run in a process of its own instead of all runs of a stage in one."""
    asked = ("--config", "compute={job_minutes: 0.01}")
    before = project.tables()
    assert project.trained(*asked) == {}
    assert len([*project.folder.glob("results/tiny/runs/*/digits/mlp/*/*")]) == 2 + 12 + 6
    project.tiny("--until", "tables", *asked)
    assert project.tables() == before
    assert set(REPEATED) <= set(before)


def choices(project: Project) -> dict[tuple[str, int], float]:
    """What each replicate chose for each loss."""
    files = (project.folder / "results/tiny/choices").rglob("*.parquet")
    rows = pd.concat([pd.read_parquet(file) for file in files])
    return dict(
        zip(zip(rows["loss"], rows["seed"], strict=True), rows["learning_rate"], strict=True)
    )


def test_a_rate_in_the_middle_of_a_grid_is_one_trial_a_replicate(project):
    """A replicate that now chooses another rate trains at it, too."""
    before = choices(project)
    project.edit(CONFIG, "- 0.03\n", "- 0.03\n    - 0.06\n")
    project.edit(CONFIG, "- 0.3\n", "- 0.2\n    - 0.3\n")
    found = project.trained()
    changed = Counter(
        loss for (loss, seed), rate in choices(project).items() if rate != before[loss, seed]
    )
    assert found == {loss: 3 + changed[loss] for loss in BOTH}


def test_a_new_name_and_a_second_study_train_only_their_own(finished, two_studies):
    assert sorted(two_studies._stored()) == sorted([*finished._stored(), *BOTH * (2 * 3)])
    origins = pd.read_parquet(two_studies.folder / "results/other/tables/origins.parquet")
    assert Counter(origins["study"]) == {"tiny": 2 * 2 * 3, "other": 2 * 2 * 3}


@pytest.mark.parametrize("with_times", [True, False], ids=["with times", "without"])
def test_results_without_snakemake_s_records_are_taken_for_what_they_are(
    project, tmp_path, with_times
):
    """As they are nothing is trained; with a changed formula, what uses it and nothing else."""
    moved = Project.at(tmp_path / "moved")
    copy = shutil.copy2 if with_times else shutil.copyfile
    ignore = shutil.ignore_patterns(".snakemake*")
    shutil.copytree(project.folder, moved.folder, ignore=ignore, copy_function=copy)
    assert moved.trained() == {}
    if not with_times:
        moved.edit(LOSSES, *FORMULA)
        assert moved.trained() == {"mse_softmax": 9}


def test_runs_from_the_cache_have_the_bytes_that_they_had(project):
    runs = project.digests()
    shutil.rmtree(project.folder / "results/tiny")
    assert project.trained() == {}
    assert project.digests() == runs


def test_the_cache_says_who_uses_it_and_drops_what_nobody_uses(two_studies, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from lossbench.cli import app

    project = two_studies.copy(tmp_path / "copy")
    monkeypatch.chdir(project.folder)

    def cache(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["cache", *arguments])
        assert result.exit_code == 0, result.output + str(result.exception)
        return result.output

    assert "30 runs" in cache()
    assert "  other: 24\n  tiny: 18\n" in cache()
    shutil.rmtree("results/tiny")
    assert "dropped: 6 runs unused" in cache("--prune")
    assert "  other: 24\n" in cache()
    entry = next(Path("results/cache").glob("??/*"))
    os.utime(entry, (0, 0))
    size = sum(path.stat().st_size for path in Path("results/cache").glob("??/*/*"))
    assert "dropped: 1 runs not used for longest" in cache("--max-size", f"{size - 1}B")
    assert not entry.exists()
    assert project.trained(*OTHER_SEEDS) == {}  # what a study has is not trained again


def test_weights_are_kept_where_they_are_asked_for_and_change_no_table(project):
    asked = ("--config", "compute={keep_weights: true}")
    before = project.tables()
    assert project.planned(*asked)["evaluation_runs"] == 1
    assert "tuning_runs" not in project.planned(*asked)
    project.tiny("--until", "tables", *asked)
    found = [*project.folder.glob(f"results/tiny/runs/evaluation/**/{WEIGHTS}")]
    assert len(found) == 3 * len(BOTH)
    assert project.tables() == before
    assert project.planned("--until", "tables", *asked) == {}
    Image.fromarray(read_digits().splits["test"].images[0, 0]).save(project.folder / "first.png")
    said = run(project.folder, f"lossbench predict '{found[0]}' first.png")
    assert re.fullmatch(r"first\.png: \d, probability [01]\.\d{4}\n", said)
