"""What the README says of the published study is what the published tables say."""

import json
import lzma
import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from builders import synthetic
from builders.project_copy import ROOT
from builders.report_pages import PROVENANCE
from lossbench.cli import app
from lossbench.errors import TableError
from lossbench.report import markdown
from lossbench.report.packing import DIGITS
from lossbench.study.loading import load_study
from lossbench.study.paths import EXPORTED, StudyPaths
from lossbench.tables.stored import read_csv, read_finished
from lossbench.tables.study import TABLES
from lossbench.words.numbers import NO_BREAK
from tools import publish


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A study's folder as it would be published, and the tables it was made from."""
    tables, _ = synthetic.build(networks=1)
    folder = tmp_path_factory.mktemp("published")
    (folder / "tables").mkdir()
    for name in EXPORTED:
        tables[name].to_csv(folder / f"tables/{name}.csv", index=False)
    return folder, tables


@pytest.mark.parametrize("name", EXPORTED)
def test_a_published_table_reads_as_it_was(published, name):
    folder, tables = published
    read = read_finished(folder, name)[name]
    pd.testing.assert_frame_equal(read, tables[name], check_exact=True)


def test_damaged_and_older_text_is_refused_by_name(tmp_path):
    path = tmp_path / "levels.csv"
    whole = (
        "dataset,model,recipe,epochs,tuning_epochs,level,validation_error\n"
        "mnist,mlp,annealed,4,2,1,0.05\n"
    )
    for text, message in (
        (None, "not a readable levels table"),
        ("", "not a readable levels table"),
        (whole.replace("0.05", "low"), "not a readable levels table"),
        (whole.replace("level,", "aim,"), "lacks the column level"),
        (whole.replace("2,1,", "2,1.5,"), "column level holds values that are not"),
    ):
        if text is not None:
            path.write_text(text)
        with pytest.raises(TableError, match=rf"levels\.csv.*: {message}"):
            read_csv(path, TABLES["levels"])
    path.write_text(whole)
    assert read_csv(path, TABLES["levels"])["validation_error"].item() == 0.05


def test_a_published_study_compares_with_itself(published, tmp_path):
    folder, _ = published
    out = tmp_path / "comparison.md"
    result = CliRunner().invoke(app, ["compare", str(folder), str(folder), "--out", str(out)])
    assert result.exit_code == 0, result.output
    text = out.read_text("utf-8").replace(NO_BREAK, " ")
    assert text.startswith(f"# {folder} against {folder}\n")
    assert re.search(r"^\* (\d+) claims: \1 with the same verdict$", text, re.MULTILINE)
    assert re.search(r"^\* (\d+) values: \1 identical$", text, re.MULTILINE)


def test_the_page_tells_which_of_the_tables_that_it_names_are_not_published():
    templates = ROOT / "src/lossbench/report/templates"
    words = {path.stem: path.read_text("utf-8") for path in templates.glob("*/*.j2")}
    hidden = [
        text for text in words.values() if set(re.findall(r"(\w+)\.csv", text)) - set(publish.KEPT)
    ]
    assert hidden == [words["confusion.txt"]]
    for text in (*hidden, words["theory-tables.html"]):
        assert "the folder of a published page leaves" in " ".join(text.split())


def test_the_answer_from_text_is_the_answer_from_the_tables(published, monkeypatch):
    folder, tables = published
    monkeypatch.setattr(publish, "ROOT", folder.parent)
    text = publish.answer(folder)
    assert text.startswith(f"{markdown.answer(tables)[0]}\n\n[![")
    both = tables["repetition"].dropna(subset="replication")
    primary = both[both["family"] == "primary"]
    same, all_same = (each["verdict"] == each["verdict_again"] for each in (primary, both))
    assert (
        f" the study gave {same.sum()} of {len(primary)} primary verdicts again; of all"
        f" {len(both)}, {(~all_same).sum()} differ and 0 are reversed."
    ) in text
    whole = tables["together"].query("family == 'primary'")["verdict"]
    assert set(whole) == {"worse"}
    all_of = f" decide {len(whole)} of the {len(whole)}{NO_BREAK}primary contrasts"
    assert text.endswith(f"{all_of}: cross-entropy does better in {len(whole)}.")


def test_a_published_folder_has_all_that_makes_the_study_again(tmp_path, monkeypatch):
    """Also the files of a loss of its own, and long tables packed."""
    paths, published = StudyPaths("focal", tmp_path / "results"), tmp_path / "published"
    tables, study = synthetic.build(networks=1)
    own = {"name": "focal", "source": "code/mine.py:focal", "label": "Focal"}
    asked = study.model_dump(mode="json") | {
        "name": "focal",
        "losses": [own],
        "repetition": "results/again",  # which is not published
    }
    asked["comparisons"][0]["losses"][1] |= {"loss": "focal"}
    for path, text in (
        (tmp_path / "code/mine.py", "import parts\ndef focal(logits, labels): ..."),
        (tmp_path / "code/parts.py", ""),
        (paths.study, json.dumps(asked)),
        (paths.provenance, json.dumps(PROVENANCE)),
        (paths.summary, "the answer"),
        (paths.codebook, "# Columns"),
        (paths.page, f"snakemake --snakefile {ROOT}/Snakefile"),
        (paths.figure("answer"), "<svg />"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in publish.KEPT:
        tables[name].to_csv(paths.csv(name), index=False)
    monkeypatch.setattr(publish, "PUBLISHED", published)
    readme = (ROOT / "README.md").read_text("utf-8")
    publish.main(paths.root)
    assert (ROOT / "README.md").read_text("utf-8") == readme  # it has the default study's answer
    folder = published / "focal"
    asked_again = load_study(folder / "study.json")
    assert asked_again.losses[0].source == f"{folder}/code/mine.py:focal"
    assert asked_again.repetition is None
    assert (folder / "code/parts.py").exists()
    page = folder.with_suffix(".html").read_text("utf-8")
    assert page == "snakemake --snakefile ../lossbench/Snakefile"
    assert (folder / "tables/README.md").exists()
    packed = list(folder.glob("tables/*.xz"))
    assert packed
    assert all(len(lzma.decompress(path.read_bytes())) > publish.LONG for path in packed)
    assert all(path.stat().st_size <= publish.LONG for path in folder.glob("tables/*.csv"))
    for name, read in read_finished(folder, *publish.KEPT).items():
        pd.testing.assert_frame_equal(read, tables[name], rtol=0.5 * 10 ** (1 - DIGITS), atol=0)
    timing = tables["timing"]
    assert publish.cost(folder) == (
        f"`focal` made {len(timing):,}{NO_BREAK}runs at commit `0123456789`. Training and"
        " what it measures took 1.5 minutes on A (MNIST) and 2.0 hours on B (CIFAR-10), the times"
        " of jobs that ran side by side added up. No job took more than"
        f" {timing['peak_memory_bytes'].max() / 1024**3:.1f} GiB of memory."
    )


def said_of(name: str) -> str:
    """What the README says between the marks of `make publish`."""
    begin, end = publish.MARK.format(name), publish.END.format(name)
    return (ROOT / "README.md").read_text("utf-8").partition(begin)[2].partition(end)[0].strip()


def test_the_readme_says_what_the_published_summary_says():
    """The summary, since the tables of an older study have other columns than today's."""
    published = publish.PUBLISHED / "mnist-cifar10"
    paragraphs = said_of("the answer").split("\n\n")
    linked = [text for text in paragraphs if text.startswith(("[", "[!["))]
    assert len(linked) == 2
    summary = (published / "summary.md").read_text("utf-8")
    for text in paragraphs:
        assert text in linked or text in summary


def test_the_readme_says_what_the_published_jobs_took():
    assert said_of("the cost") == publish.cost(publish.PUBLISHED / "mnist-cifar10")


def test_what_is_published_is_small():
    files = [path for path in publish.PUBLISHED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 4_000_000
    assert max(page.stat().st_size for page in publish.PUBLISHED.glob("*.html")) < 3_000_000
