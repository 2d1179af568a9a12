"""A loss on trial as README has it: word by word, from an empty folder outside the project."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders.fresh_copy import ROOT, copy_project, run
from lossbench.study.loading import load_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.parquet import read
from lossbench.tables.study import TABLES
from test_docs import TRIAL

SECTION = (ROOT / "README.md").read_text().partition("## Put your loss on trial")[2]
BLOCK = SECTION.partition("```console\n")[2].partition("```")[0]
SNAKEMAKE = "snakemake --snakefile ../lossbench/Snakefile --cores all --configfile focal.yaml"


def test_it_takes_at_most_ten_lines():
    lines = [re.sub(r"\s+#.*", "", line) for line in BLOCK.splitlines()]
    assert 0 < len(lines) <= 10
    assert lines == [line for line in TRIAL if line in lines]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """An empty folder beside a copy of the project, in which README's lines were run."""
    above = tmp_path_factory.mktemp("reader")
    (above / "lossbench").mkdir()
    copy_project(above / "lossbench")
    activate = above / "lossbench/.venv/bin/activate"
    activate.parent.mkdir(parents=True)
    activate.write_text("")  # the environment is that of the tests
    (above / "trial").mkdir()
    (above / "said").write_text(said(above / "trial", f"set -e\n{BLOCK}"))
    return above / "trial"


def said(folder: Path, command: str) -> str:
    return run(folder, f"export PYTHONPATH=$(realpath ../lossbench/src)\n{command}")


def refused(folder: Path, command: str) -> str:
    with pytest.raises(AssertionError) as caught:
        said(folder, command)
    return str(caught.value)


def planned(folder: Path) -> dict[str, int]:
    """The jobs of a dry run, by rule."""
    output = said(folder, f"{SNAKEMAKE} --dry-run --quiet rules")
    found = re.findall(r"^([a-z_]+) +(\d+)$", output, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in found}


@pytest.mark.slow
def test_the_lines_end_in_a_page(folder):
    page = (folder / "report/focal.html").read_text("utf-8")
    assert "Focal loss on trial" in page
    assert re.search(r"own loss: my_losses\.py:focal, code [0-9a-f]{16}", page)
    assert "MSE on softmax</" not in page.partition('id="claims"')[0]
    text = (folder.parent / "said").read_text()
    assert "examples apart" in text
    assert re.search(r"Focal loss.*[+−]?\d+\.\d\d\spp", text)
    tables = StudyPaths("focal", folder / "results")
    contrasts = read(tables.table("contrasts"), TABLES["contrasts"])
    assert set(contrasts["loss"]) == {"focal"}
    choices = read(tables.table("choices"), TABLES["choices"])
    assert set(choices["trials"]) == {6}
    assert set(choices.query("loss == 'focal'")["setting"]) <= {"gamma=1", "gamma=2"}
    assert planned(folder) == {}


@pytest.mark.slow
def test_other_verbs_know_the_study(folder):
    assert re.search(
        r"focal +focal\.yaml +70 of 70 +report/focal\.html", said(folder, "lossbench list")
    )
    only = said(folder, "lossbench show focal nll focal")
    assert re.fullmatch(
        r"Negative log-likelihood of Focal loss, Digits \(stand-in\) · MLP: [\d.]+; [+−][\d.]+"
        r" against cross-entropy \(95% interval [+−][\d.]+ to [+−][\d.]+\); \w+;"
        r" 5\sreplicates\n",
        only,
    )
    assert "did you mean focal?" in refused(folder, "lossbench show fokal")


@pytest.fixture
def edit(folder) -> Iterator[Callable[[str, str], object]]:
    """Exchanges a text of the loss, which is as it was after the test."""
    file = folder / "my_losses.py"
    text = file.read_text()
    yield lambda old, new: file.write_text(text.replace(old, new))
    file.write_text(text)


@pytest.mark.slow
def test_a_changed_loss_is_trained_again_and_nothing_else(folder, edit):
    edit("gamma) * log_p", "gamma) * log_p  # a comment")
    assert planned(folder) == {}
    edit("gamma) * log_p", "gamma) * log_p * 2")
    found = planned(folder)
    assert (found["tuning_runs"], found["evaluation_runs"], found["own_code"]) == (1, 1, 1)


@pytest.mark.slow
def test_a_label_is_drawn_anew_and_hides_no_other_edit(folder):
    file = folder / "focal.yaml"
    text = file.read_text()
    try:
        file.write_text(text.replace("label: Focal loss", "label: Focal"))
        renamed = planned(folder)
        file.write_text(f"{file.read_text()}\nstatistics: {{level: 0.9}}\n")
        both = planned(folder)
        file.write_text(text.replace("my_losses.py:", "./my_losses.py:"))
        moved = planned(folder)
    finally:
        file.write_text(text)
    assert {"study_figures", "page"} <= set(renamed)
    assert not {"own_code", "tables", "contrasts"} & set(renamed)
    assert {"contrasts", "claims", "study_figures"} <= set(both)
    assert not {"tuning_runs", "evaluation_runs"} & {*renamed, *both, *moved}


@pytest.mark.slow
def test_a_loss_that_cannot_be_trained_ends_in_one_line_before_training(folder, edit):
    results = folder / "results/focal"
    before = sorted(results.glob("runs/*/*/*/*/*/*"))
    edit("* log_p\n", "* log_p.mean()\n")
    line = (
        "lossbench: losses, focal (gamma=1): my_losses.py:focal is not allowed: mixes the"
        " examples of a batch"
    )
    assert line in refused(folder, SNAKEMAKE)
    assert sorted(results.glob("runs/*/*/*/*/*/*")) == before
    assert line in refused(folder, "lossbench check focal.yaml")


def test_what_new_writes_is_a_valid_study(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    source = f"export PYTHONPATH={ROOT / 'src'}\n"
    text = run(tmp_path / "a/b", f"{source}lossbench new other-name")
    assert (
        f"snakemake --snakefile {ROOT}/Snakefile --cores all --configfile other-name.yaml" in text
    )
    assert load_study(tmp_path / "a/b/other-name.yaml").name == "other-name"


def test_the_version_is_said_and_help_is_in_groups():
    source = f"export PYTHONPATH={ROOT / 'src'} COLUMNS=100\n"
    assert re.fullmatch(r"lossbench \d+\.\d+\.\d+\n", run(ROOT, f"{source}lossbench --version"))
    text = run(ROOT, f"{source}lossbench --help")
    groups = re.findall(r"^╭─ ([A-Z][\w ]+?) ─", text, flags=re.MULTILINE)
    assert groups == [
        "Options",
        "Put a loss on trial",
        "Look at a study",
        "Housekeeping",
        "What the pipeline calls",
    ]
    assert text.index("check ") < text.index("show ") < text.index("train ")
