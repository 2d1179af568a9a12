"""CONTRIBUTING.md's walk-through: its patch and its commands, in a copy of the project."""

import re
from pathlib import Path

import pandas as pd
import pytest

from builders.fresh_copy import ROOT, copy_project, run

pytestmark = pytest.mark.slow

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
WALK = TEXT[TEXT.index("## Adding a loss") : TEXT.index("## Adding a figure")]
ADDING, STUDYING = (
    re.sub(r"\\\n\s*", "", block).splitlines()
    for block in re.findall(r"```console\n(.*?)```", WALK, flags=re.DOTALL)
)
PATCH = "docs/walkthrough.patch"


def added() -> dict[str, list[str]]:
    """The lines that the patch adds to each file, blank ones aside."""
    parts = re.split(r"^diff --git a/(\S+) .*\n", (ROOT / PATCH).read_text(), flags=re.MULTILINE)
    return {
        file: re.findall(r"^\+(?!\+\+ ).*\S.*", text, flags=re.MULTILINE)
        for file, text in zip(parts[1::2], parts[2::2], strict=True)
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The project after the walk-through's first commands."""
    folder = copy_project(tmp_path_factory.mktemp("walkthrough"))
    for command in ADDING:
        run(folder, command)
    return folder


def test_the_patch_applies_and_the_tests_pass_with_it(project):
    run(project, f"git apply --check --reverse {PATCH}")
    run(project, "ruff check && ruff format --check")


def test_a_loss_is_eleven_lines_in_two_files_of_code_and_one_of_tests():
    found = {file: lines for file, lines in added().items() if "mae_softmax" in "".join(lines)}
    assert set(found) == {
        "config/example.yaml",
        "src/lossbench/cards/loss.py",
        "src/lossbench/networks/losses.py",
        "tests/test_losses.py",
    }
    assert sum(len(lines) for file, lines in found.items() if file.endswith(".py")) == 11


def test_the_study_runs_and_shows_all_that_was_added(project):
    for command in STUDYING:
        run(project, command)
    page = (project / "report/example.html").read_text()
    for name in ("MAE on softmax", "large_digits", "MLP with tanh"):
        assert name in page
    metrics = pd.read_parquet(project / "results/example/tables/metrics.parquet")
    rows = metrics[(metrics["loss"] == "mae_softmax") & (metrics["metric"] == "confidence")]
    assert len(rows) == 3
    assert rows["value"].between(0.1, 1).all()
    contrasts = pd.read_parquet(project / "results/example/tables/contrasts.parquet")
    assert {"confidence", "error"} <= set(contrasts["metric"])
