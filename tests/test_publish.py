"""What the README says of the published study is what the published tables say."""

import os

import pandas as pd
import pytest

import synthetic
from docs import publish
from lossbench.paths import EXPORTED
from lossbench.report import results, summary
from lossbench.tables.study import TABLES
from project_copy import ROOT


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A study's folder as it would be published, and the tables it was made from."""
    tables, _ = synthetic.build()
    folder = tmp_path_factory.mktemp("published")
    (folder / "tables").mkdir()
    for name in EXPORTED:
        tables[name].to_csv(folder / f"tables/{name}.csv", index=False)
    return folder, tables


@pytest.mark.parametrize("name", EXPORTED)
def test_a_published_table_reads_as_it_was(published, name):
    folder, tables = published
    read = publish.read_csv(folder / f"tables/{name}.csv", TABLES[name])
    pd.testing.assert_frame_equal(read, tables[name], check_exact=True)


def test_the_answer_from_text_is_the_answer_from_the_tables(published, monkeypatch):
    folder, tables = published
    monkeypatch.setattr(publish, "ROOT", folder.parent)
    text = publish.answer(folder)
    assert summary.table(results.headline(tables)) in text
    assert text.startswith("**MSE on softmax ")


def test_pauses_do_not_count_and_waiting_does(tmp_path):
    for job, ended, seconds in (
        ("tuning/mnist/mlp/cross_entropy/a", 1010, 10),
        ("tuning/mnist/mlp/mse_softmax/a", 1004, 4),
        ("evaluation/mnist/mlp/cross_entropy/a", 1103, 3),
        ("draw", 1105, 4),
    ):
        path = tmp_path / f"{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\tmax_rss\n{seconds}\t100\n")
        os.utime(path, (ended, ended))
    jobs = publish.jobs(tmp_path)
    assert dict(zip(jobs["job"], jobs["start_s"], strict=True))["draw"] == 101
    assert publish.sittings(jobs) == [10, 5]
    assert publish.chain_s(jobs) == 10 + 3


@pytest.mark.parametrize(
    ("name", "text"), [("the answer", publish.answer), ("the cost", publish.cost)]
)
def test_the_readme_says_what_the_published_tables_say(name, text):
    readme = (ROOT / "README.md").read_text("utf-8")
    begin, end = publish.MARK.format(name), publish.END.format(name)
    said = readme.partition(begin)[2].partition(end)[0].strip()
    folder = publish.PUBLISHED / "mnist-cifar10"
    assert said == (text(folder) if folder.exists() else "")
