"""Figures as PDF and PNG, tables as LaTeX: what the page shows, and nothing that LaTeX obeys."""

import re
from dataclasses import replace

import pytest

from builders import synthetic
from builders.theory_tables import made
from lossbench.figures.catalogue import FIGURES, figures_of
from lossbench.report import answer_tables, latex
from lossbench.study.paths import StudyPaths
from lossbench.tables.parquet import write
from lossbench.tables.stored import write_tables
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES
from lossbench.verbs.export import export


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 % & more_", r"5 \% \& more\_"),
        ("\N{MINUS SIGN}0.31\N{NO-BREAK SPACE}pp", "$-$0.31~pp"),
        (r"a\b{c}^2~#$", r"a\textbackslash{}b\{c\}\textasciicircum{}2\textasciitilde{}\#\$"),
        ("2.1\N{MULTIPLICATION SIGN}", r"2.1$\times$"),
    ],
)
def test_nothing_has_a_meaning_in_latex(text, expected):
    assert latex.escaped(text) == expected


def test_a_table_has_its_rows_columns_and_words():
    tables, _ = synthetic.build()
    shown = replace(answer_tables.headline(tables), caption="5 % & more", note="a_b")
    text = latex.table(shown)
    lines = [line for line in text.splitlines() if line.endswith("\\\\")]
    assert len(lines) == 1 + len(shown.rows)
    assert {len(re.findall(r"(?<!\\)&", line)) for line in lines} == {len(shown.columns) - 1}
    assert r"\caption{5 \% \& more}" in text
    assert r"\smallskip a\_b" in text
    assert r"\label{tab:headline}" in text


@pytest.mark.slow
def test_a_finished_study_s_figures_and_tables_are_written(tmp_path, monkeypatch, capsys):
    tables, study = synthetic.build()
    paths = StudyPaths(study.name, tmp_path)
    folder = paths.root
    write_tables(paths, {name: tables[name] for name in TABLES if name in tables})
    for name, frame in made().items():
        write(frame, THEORY_TABLES[name], paths.theory(name))
    paths.study.write_text(study.model_dump_json())
    monkeypatch.setattr(
        "lossbench.verbs.export.FIGURES",
        {name: FIGURES[name] for name in ("answer", "paired-runs", figures_of("theory")[0])},
    )
    for kind, start in (("pdf", b"%PDF-"), ("png", b"\x89PNG")):
        export(str(folder), format=kind)
        for name in ("answer", "paired-runs"):
            content = (folder / f"exports/{kind}/{name}.{kind}").read_bytes()
            assert content.startswith(start)
            assert len(content) > 3000
    export(str(folder), format="tex", out=tmp_path / "paper")
    assert {"headline.tex", "errors.tex"} <= {path.name for path in (tmp_path / "paper").iterdir()}
    assert "exports/pdf: 3 files" in capsys.readouterr().out
