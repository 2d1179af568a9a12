"""The code digest changes with a formula, however deep, and with nothing else."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lossbench import provenance
from lossbench.provenance import code_digest, environment, git_state


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package that a test may edit; digests are taken of it."""
    copy = tmp_path / "lossbench"
    shutil.copytree(provenance.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "PACKAGE", copy)

    def edit(module: str, old: str, new: str) -> None:
        path = copy / module
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        provenance._digest_and_imports.cache_clear()

    provenance._digest_and_imports.cache_clear()
    yield edit
    provenance._digest_and_imports.cache_clear()


def test_a_comment_a_docstring_and_layout_change_nothing(package):
    before = code_digest("training.fit")
    package("networks/losses.py", '"""−Σ t log p', '"""Minus Σ t log p')
    package("networks/losses.py", "def cross_entropy(", "# a comment\n\n\ndef cross_entropy(")
    package("networks/losses.py", '"""By the keys of the cards.', '"""Otherwise.')
    assert code_digest("training.fit") == before


def test_syntax_trees_are_spelled_alike_where_python_dumps_them_alike_and_only_there():
    """All statements of the package without a bare string, which is left out on purpose."""
    dumps, spellings = [], []
    for path in provenance.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.stmt) and not any(map(provenance._is_string, ast.walk(node))):
                words: list[str] = []
                provenance._spell(node, words, [])
                dumps.append(ast.dump(node))
                spellings.append("\n".join(words))
    assert len(dumps) > 5000
    assert len(set(dumps)) == len(set(spellings)) == len(set(zip(dumps, spellings, strict=True)))


def test_a_formula_changes_what_uses_it_and_nothing_else(package):
    training, analysis = code_digest("training.fit"), code_digest("stats.derived")
    package("networks/losses.py", ".square().mean(-1)", ".square().sum(-1)")
    assert code_digest("training.fit") != training
    assert code_digest("stats.derived") == analysis


def test_analysis_tables_and_the_configuration_s_models_do_not_touch_training(package):
    before = code_digest("training.fit")
    package("tables/study.py", '"survival"', '"survivals"')
    package("study/settings.py", "epochs: Epochs = 300", "epochs: Epochs = 301")
    assert code_digest("training.fit") == before
    package("tables/runs.py", "CLASSES = 10", "CLASSES = 11")
    assert code_digest("training.fit") != before


def test_cards_and_the_plan_do_not_touch_training(package):
    before, drawn = code_digest("training.fit"), code_digest("figures.theme")
    package("cards/loss.py", '"MSE on softmax"', '"Squared error on softmax"')
    package("cards/loss.py", '"#d55e00"', '"#d55e01"')
    package("study/plan.py", "_capped(comparison.epochs", "_capped(2 * comparison.epochs")
    assert code_digest("training.fit") == before
    assert code_digest("figures.theme") != drawn


def test_a_template_counts_as_the_page_s_code(package, tmp_path):
    before = code_digest("report.page")
    style = next((tmp_path / "lossbench/report/templates").glob("*.css"))
    style.write_text(style.read_text() + "\np { color: red }")
    provenance._digest_and_imports.cache_clear()
    assert code_digest("report.page") != before


def test_an_unknown_module_is_refused():
    with pytest.raises(ValueError, match=r"no module lossbench\.colour"):
        code_digest("colour")


def test_the_environment_names_versions_that_are_installed():
    recorded = environment()
    assert recorded["packages"]["numpy"] == __import__("numpy").__version__
    assert recorded["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert recorded["machine"]["processor"]


def test_the_commit_is_git_s_own_word(tmp_path):
    assert git_state(tmp_path) == {"git_commit": None, "git_dirty": None}
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a").write_text("1")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", tmp_path, "add", "a"], check=True)
    subprocess.run(["git", "-C", tmp_path, *identity, "commit", "-qm", "x"], check=True)
    state = git_state(tmp_path)
    assert re.fullmatch("[0-9a-f]{40}", state["git_commit"])
    assert state["git_dirty"] is False
    (tmp_path / "a").write_text("2")
    assert git_state(tmp_path)["git_dirty"] is True


def test_no_path_of_the_machine_enters_the_record():
    assert str(Path.home()) not in str(environment())
