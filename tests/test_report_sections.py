"""Sections: every block names tables that exist, figures stand once, what is empty says so."""

import pytest

from builders import synthetic
from builders.report_pages import figure, parsed, rendered
from builders.theory_tables import made
from lossbench.figures.catalogue import FIGURES, figures_of
from lossbench.report.blocks import Material, Section, TableBlock, TextBlock
from lossbench.report.sections import SECTIONS
from lossbench.report.templating import html
from lossbench.report.theory_tables import short_table
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES

BLOCKS = [block for section in SECTIONS for block in section.blocks]


@pytest.fixture(scope="module")
def study_and_tables():
    tables, study = synthetic.build(networks=1)
    return study, {**tables, **made()}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_needs_tables_that_exist_and_no_table_that_it_does_not_name(
    study_and_tables, block
):
    study, tables = study_and_tables
    assert set(block.needs) <= {*TABLES, *THEORY_TABLES}
    named = {name: tables[name] for name in block.needs}
    parts = list(block.parts(Material(study, named, {}, {})))
    if isinstance(block, TableBlock) and not set(block.needs) & set(THEORY_TABLES):
        assert parts[0].rows
    if isinstance(block, TextBlock):
        assert parts[0]


@pytest.mark.parametrize("name", THEORY_TABLES)
def test_a_theory_table_says_in_words_what_a_column_holds_and_its_unit_once(name):
    table = short_table(name, {name: made()[name].head(1)})
    headings = [column.label for column in table.columns]
    assert len(set(headings)) == len(headings)
    assert all(len(label) > 1 and "_" not in label for label in headings)
    for column in table.columns:
        assert not column.unit or column.unit.rstrip("s") not in column.label.lower()
    assert not any("_" in cell.text for row in table.rows for cell in row.cells)


def test_a_block_is_left_out_where_a_table_has_no_rows(study_and_tables):
    study, tables = study_and_tables
    section = Section("any", "Any", (TextBlock("prose/mechanism.html.j2", ("history", "metrics")),))
    nothing = html("prose/nothing.html.j2")
    assert section.parts(Material(study, tables, {}, {})) == (html("prose/mechanism.html.j2"),)
    for lacking in ({}, {**tables, "history": tables["history"].head(0)}):
        assert section.parts(Material(study, lacking, {}, {})) == (nothing,)


def test_a_section_without_evidence_says_so(study_and_tables):
    study, _ = study_and_tables
    page = parsed(rendered({}, study, figures={}))
    nothing = parsed(str(html("prose/nothing.html.j2"))).text.strip()
    silent = {str(e.attributes["id"]) for e in page.all("section") if nothing in e.text}
    assert silent == {section.anchor for section in SECTIONS} - {"answer", "runs", "methods"}


def test_every_study_figure_stands_once_and_a_statement_before_each_of_the_theory(study_and_tables):
    study, tables = study_and_tables
    figures = {name: figure(f"Finding of {name}") for name in FIGURES}
    page = parsed(rendered(tables, study, figures=figures))
    found = [e.attributes["id"] for e in page.all("figure")]
    assert sorted(map(str, found)) == sorted(f"figure-{name}" for name in FIGURES)
    (theory,) = page.all("section", id="theory")
    in_theory = [e.attributes["id"] for e in theory.all("figure")]
    assert in_theory == [f"figure-{name}" for name in figures_of("theory")]
    kinds = [e.tag for e in theory.children if not isinstance(e, str)]
    each = ["h3", "p", "figure"] * len(figures_of("theory"))
    assert kinds[1 : 1 + len(each)] == each
