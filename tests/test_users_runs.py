"""Studies in which runs fail at once, and what a plan notices of a user's data."""

import shutil

import pandas as pd
import pytest

from builders.class_folders import NAMES, write_classes
from builders.project_copy import Project, tiny_of
from builders.study_tables import PLACE, make_runs
from lossbench.datasets.prepared import load, save
from lossbench.stats import levels
from lossbench.tables import study
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import HISTORY


def test_of_runs_that_diverge_at_once_none_reaches_a_level():
    losses = ("cross_entropy", "mse_softmax")
    made = [make_runs(dict.fromkeys(range(4), True), 0, loss=loss) for loss in losses]
    row = PLACE | {"tuning_epochs": 4, "level": 1, "validation_error": 0.1}
    declared = check(pd.DataFrame([row]), study.LEVELS)
    steps = levels.steps_to_level(empty(HISTORY), pd.concat(made), declared)
    assert len(steps) == 8
    assert not steps["reached"].any()


@pytest.mark.slow
def test_a_study_in_which_every_run_diverges_at_once_has_its_page(tmp_path):
    """Images are divided by a deviation of zero, as when all are blank."""
    project = Project(tmp_path / "project")
    project.tiny("--until", "dataset")
    files = [project.folder / f"results/datasets/digits.{kind}" for kind in ("npz", "json")]
    prepared = load(files[0])
    spoilt = prepared.manifest.model_copy(update={"channel_std": (0.0,)})
    save(type(prepared)(prepared.images, prepared.labels, spoilt), *files)
    project.tiny()
    runs = pd.read_parquet(project.folder / "results/tiny/tables/runs.parquet")
    assert runs["diverged"].all()
    assert not runs["steps"].any()
    assert "diverged" in (project.folder / "report/tiny.html").read_text("utf-8")


@pytest.mark.slow
def test_a_plan_notices_data_that_change_and_nothing_else(tmp_path):
    study = tiny_of({"name": "own", "source": "photos"}, batch_size=10)
    project = Project(tmp_path / "project", study)
    real = write_classes(tmp_path / "real", each=6)
    photos = project.folder / "photos"
    photos.mkdir()
    for name in NAMES:
        (photos / name).symlink_to(real / name)
    project.tiny("--until", "own_dataset")
    adopted = project.planned("--until", "own_dataset")
    (photos / ".DS_Store").write_bytes(b"")
    (real / "cat/Thumbs.db").write_bytes(b"")
    next(real.rglob("*.png")).touch()
    assert project.planned("--until", "own_dataset") == adopted == {}
    shutil.copy(real / "cat/0.png", real / "cat/later.png")
    assert project.planned("--until", "own_dataset") == {"own_dataset": 1}
    for name in NAMES[1:]:
        (photos / name).unlink()
    output = project.snakemake("--dry-run", "--configfile", "config/tiny.yaml", check=False)
    assert output.splitlines()[-1].startswith("lossbench: datasets, own: photos: has 1 subfolder")
