"""Figures of one process: each is drawn once from the same code and numbers."""

import json

import pytest

from builders import synthetic, theory_tables
from lossbench.errors import LossbenchError
from lossbench.study.paths import StudyPaths
from lossbench.tables.parquet import write
from lossbench.tables.stored import read_tables, write_tables
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs import draw as verb

CODES = {"answer": "a", "same-rate": "b", "softmax-gradient": "c"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of an invented study with the tables of a few figures, and the study."""
    tables, study = synthetic.build(networks=1)
    paths = StudyPaths(study.name, tmp_path_factory.mktemp("results"))
    named = ("contrasts", "choices", "history", "runs")
    write_tables(paths, {name: tables[name] for name in named})
    for name in ("softmax_gradients", "theory_constants"):
        write(theory_tables.made()[name], THEORY_TABLES[name], paths.theory(name))
    return paths, study


@pytest.fixture
def redrawn(finished, monkeypatch):
    """Which figures are drawn anew; every other has the bytes that it had."""
    paths, study = finished
    verb.draw(study.model_dump_json(), paths.root, json.dumps(CODES), "{}")
    before = files(paths)
    original, drawn = verb.svg_and_words, []

    def drawing(name, *arguments):
        drawn.append(name)
        return original(name, *arguments)

    monkeypatch.setattr(verb, "svg_and_words", drawing)

    def again(settings=study, cards="{}", **codes) -> list[str]:
        drawn.clear()
        for path in before:
            path.unlink(missing_ok=True)  # as Snakemake does before a job
        verb.draw(settings.model_dump_json(), paths.root, json.dumps(CODES | codes), cards)
        assert files(paths) == before
        return drawn

    return again


def files(paths) -> dict:
    return {path: path.read_bytes() for path in (paths.root / "figures").iterdir()}


def test_other_code_redraws_its_figure_alone_and_the_same_code_none(redrawn):
    assert redrawn() == []
    assert redrawn(answer="other") == ["answer"]
    assert redrawn(answer="other") == []


def test_another_study_other_cards_and_other_libraries_redraw_all(redrawn, finished, monkeypatch):
    study = finished[1]
    theory = study.theory.model_copy(update={"learning_rate": 0.123})
    assert redrawn(settings=study.model_copy(update={"theory": theory})) == [*CODES]
    assert redrawn(cards='{"a": 1}') == [*CODES]
    monkeypatch.setattr(verb.metadata, "version", lambda name: f"{name} 0")
    assert redrawn() == [*CODES]


def test_another_table_redraws_what_reads_it(redrawn, finished):
    paths, _ = finished
    path = paths.table("history")
    whole = path.read_bytes()
    history = read_tables(paths, "history")["history"]
    unseen = history["loss"].eq("am_softmax") & history["stage"].eq("evaluation")
    history.loc[unseen, "epoch"] += 0.001
    write_tables(paths, {"history": history})
    assert redrawn() == ["same-rate"]
    path.write_bytes(whole)


@pytest.mark.parametrize("damage", ["cut", "svg", "words", "nothing"])
def test_a_damaged_copy_is_drawn_anew(redrawn, finished, damage):
    path = finished[0].drawn("answer")
    kept = json.loads(path.read_text())
    if damage == "cut":
        path.write_text(path.read_text()[:-9])
    elif damage == "nothing":
        path.write_text("[]")
    else:
        path.write_text(json.dumps(kept | {damage: "<svg/>"}))
    assert redrawn() == ["answer"]


def test_an_unknown_figure_is_one_line(finished):
    paths, study = finished
    with pytest.raises(LossbenchError, match="--codes: no figure 'pie'; allowed: "):
        verb.draw(study.model_dump_json(), paths.root, '{"pie": "1"}', "{}")
