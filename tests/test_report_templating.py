"""Templates: each is used, shows what it is given and nothing else; formulas become MathML."""

import xml.etree.ElementTree as ET

import pytest
from jinja2 import UndefinedError

from builders import synthetic
from builders.report_pages import PROVENANCE, figure, rendered
from builders.theory_tables import made
from lossbench.figures.catalogue import FIGURES
from lossbench.report import differences, templating
from lossbench.report.markdown import markdown
from lossbench.report.templating import environment, html, mathml, paragraphs, table_words

TEMPLATES = environment().list_templates(extensions=["j2"])


@pytest.fixture(scope="module")
def used() -> set[str]:
    """The templates that the page, its summary and the differences of two studies are made of."""
    tables, study = synthetic.build(networks=1, diverged=True, censored=True)
    environment.cache_clear()
    figures = {name: figure() for name in FIGURES}
    rendered({**tables, **made()}, study, figures=figures)
    rendered({}, study, figures={})
    markdown(study, tables, PROVENANCE)
    metrics = tables["metrics"]
    other = tables | {"metrics": metrics.assign(value=metrics["value"] * 1.5)}
    differences.markdown(tables, other, "a", "b")
    return {name for _, name in environment().cache or {}}


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_is_used(name, used):
    assert name in used


def test_a_value_that_is_missing_is_refused_and_values_are_escaped():
    with pytest.raises(UndefinedError, match="repetitions"):
        html("prose/repetitions.html.j2")
    shown = html("prose/repetitions.html.j2", repetitions="<b> $x$ & {{ 1 }}")
    assert "&lt;b&gt; $x$ &amp; {{ 1 }}" in shown


def test_paragraphs_of_plain_text_stand_on_one_line_each():
    found = paragraphs(
        "prose/notices.txt.j2", stand_ins=["digits"], limits={"epochs": 1}, missing=[], unequal={}
    )
    assert len(found) == 2
    assert not any("\n" in each or "  " in each for each in found)
    assert paragraphs("prose/notices.txt.j2", stand_ins=[], limits={}, missing=[], unequal={}) == []


def test_a_table_has_a_caption_and_may_have_a_note():
    with_note, without = map(table_words, ("tables/speed.txt.j2", "tables/seed-errors.txt.j2"))
    assert with_note["name"] == "speed"
    assert with_note["caption"]
    assert with_note["note"].endswith(".")
    assert without["caption"]
    assert without["note"] == ""


@pytest.mark.parametrize(
    ("latex", "elements"),
    [
        (r"\frac{1}{2b}", {"mfrac": 1, "mn": 2, "mi": 1}),
        (r"a^2 \le p_k", {"msup": 1, "msub": 1, "mo": 1}),
        (r"\ln p", {"mo": 1, "mi": 1}),
        (r"\operatorname{diag}(p)", {"mo": 3, "mi": 1}),
        (r"c \to \infty", {"mo": 1, "mi": 2}),
    ],
)
def test_formulas_become_mathml(latex, elements):
    root = ET.fromstring(mathml(latex))
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert tags[0] == "math"
    assert {tag: tags.count(tag) for tag in elements} == elements


def test_a_style_sheet_is_taken_as_it_stands():
    assert ":root" in templating.source("style.css")
