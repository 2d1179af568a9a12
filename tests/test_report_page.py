"""The page: complete, well-formed, self-contained, escaped, and honest about what is missing."""

import itertools
import re
import time

import pytest

from builders import drawn_figures, synthetic
from builders.report_pages import Element, figure, parsed, rendered, table_values
from lossbench.cards.loss import LOSSES
from lossbench.report.prose import notices
from lossbench.report.templating import source
from lossbench.study.config import Study
from lossbench.study.paths import EXPORTED
from lossbench.tables.theory import THEORY_TABLES
from lossbench.words import numbers

SECTIONS = [
    "The answer",
    "The claims",
    "Convergence",
    "Final error",
    "Sensitivity to the learning rate",
    "Mechanism",
    "Features",
    "Theory",
    "Would it replicate?",
    "Runs",
    "Methods and provenance",
]


@pytest.fixture(scope="module")
def html() -> str:
    tables, study = synthetic.build(networks=1)
    return rendered(tables, study)


@pytest.fixture(scope="module")
def page(html) -> Element:
    return parsed(html)


def test_has_the_ten_sections_in_order_under_one_h1_and_skips_no_level(page):
    assert len(page.all("h1")) == 1
    assert page.all("title")[0].text == "An invented study"
    assert [heading.text.removesuffix(" #") for heading in page.all("h2")] == SECTIONS
    assert len(page.all("main")) == 1
    levels = [int(e.tag[1]) for e in page.all("*") if re.fullmatch(r"h[1-6]", e.tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_links_lead_somewhere_and_tables_have_caption_and_scoped_headers(page):
    ids = [e.attributes["id"] for e in page.all("*") if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    links = {str(e.attributes["href"]) for e in page.all("a")}
    outside = {link for link in links if not link.startswith("#")}
    assert {link[1:] for link in links - outside} <= set(ids)
    assert {LOSSES["mse_softmax"].link} <= outside <= {card.link for card in LOSSES.values()}
    assert len(page.all("table")) > 10
    for table in page.all("table"):
        assert len(table.all("caption")) == 1
        assert all(cell.attributes.get("scope") in ("col", "row") for cell in table.all("th"))


def test_a_table_that_loses_columns_in_a_narrow_window_says_so_there_alone(page):
    tables = [e for e in page.all("div") if e.attributes.get("class") == "table"]
    kinds = [{str(e.attributes.get("class")) for e in table.all("*")} for table in tables]
    loses = [any("wide" in kind.split() for kind in found) for found in kinds]
    assert loses == ["note narrow" in found for found in kinds]
    assert 0 < sum(loses) < len(loses)
    outside, _, inside = source("style.css").partition("@media (max-width: 40rem)")
    assert ".narrow { display: none; }" in outside
    assert inside.index(".wide { display: none; }") < inside.index(".narrow { display: block; }")


def test_is_small_and_loads_nothing(html, page):
    for name in ("src", "srcset", "poster", "data", "action"):
        assert not [e for e in page.all("*") if name in e.attributes]
    links = [e.attributes["href"] for e in page.all("link")]
    assert links == ["data:,"]
    (style,) = [e.text for e in page.all("style")]
    assert "@import" not in style
    assert "url(" not in style
    assert "fetch(" not in html
    assert len(html.encode()) < 3_000_000
    assert len(source("script.js").encode()) < 10_000


def test_same_input_gives_same_page_in_seconds(html):
    tables, study = synthetic.build(networks=1)
    start = time.process_time()
    assert rendered(tables, study) == html
    assert time.process_time() - start < 15


def test_hostile_text_is_escaped():
    tables, study = synthetic.build(networks=1)
    attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7 * 7 }}"
    hostile = Study.model_validate(study.model_dump() | {"title": attack})
    claims = tables["claims"].assign(statement=attack, numbers=attack)
    provenance = {"git_commit": attack, "packages": {attack: attack}, "finished": attack}
    html = rendered(
        {**tables, "claims": claims},
        hostile,
        provenance=provenance,
        figures={"answer": figure(attack)},
    )
    page = parsed(html)
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert page.all("title")[0].text == attack
    assert "49" not in page.all("header")[0].text


def test_survives_without_any_table():
    _, study = synthetic.build(networks=1)
    page = parsed(rendered({}, study, figures={}, provenance={}))
    assert [heading.text.removesuffix(" #") for heading in page.all("h2")] == SECTIONS
    text = page.all("main")[0].text
    assert "not recorded" in text
    assert "nan" not in text.lower().split()
    assert {told.split()[-1] for told in table_values(page, "runs")["status"]} == {"missing"}


@pytest.mark.parametrize("knobs", ["sparse", "troubled"])
def test_renders_every_kind_of_study(knobs):
    tables, study = drawn_figures.study(knobs)
    page = parsed(rendered(tables, study))
    text = " ".join(page.all("main")[0].text.split())
    assert not re.search(r"\bnan\b|\bNone\b|\bNaN\b", text)
    if knobs == "sparse":
        assert "With 1 replicate there are no intervals" in text
        assert "No run on CIFAR-10 was found" in page.text
    if knobs == "troubled":
        lost = tables["runs"].query("diverged and stage == 'evaluation'")
        assert f"Diverged: {len(lost)} evaluation run" in text
        told = " ".join(table_values(page, "runs")["status"])
        counts = re.findall(r"(?:(\d+) )?diverged", told)  # the word alone is one run
        assert sum(int(count or 1) for count in counts) == tables["runs"]["diverged"].sum()


def test_stand_ins_and_shortened_studies_say_so():
    tables, study = synthetic.build(networks=1)
    fields = study.model_dump()
    fields["datasets"][0]["name"] = fields["comparisons"][0]["dataset"] = "digits"
    fields["limits"]["epochs"] = 1
    stand_in = Study.model_validate(fields)
    assert any("Digits (stand-in)" in notice for notice in notices(stand_in, tables))
    assert any("shortened (at most epochs: 1)" in notice for notice in notices(stand_in, tables))
    assert not notices(study, tables)
    counts = tables["confusion"]
    first = counts["count"].where(counts["label"] != 0, 30 * counts["count"])
    unequal, _ = notices(study, tables | {"confusion": counts.assign(count=first)})
    counts = counts.assign(count=first).query("dataset == 'mnist'")
    images = counts.groupby("label")["count"].sum()
    error = numbers.percent(1 - images[0] / images.sum())
    assert f"always answering the most frequent one errs on {error} of its test images" in unequal
    text = parsed(rendered({}, stand_in)).text
    assert "Digits" not in text.replace("Digits (stand-in)", "")


def test_contradicted_claims_are_counted(page):
    tables, _ = synthetic.build(networks=1)
    claims = tables["claims"]
    (section,) = page.all("section", id="claims")
    measured, derived = section.all("p")[0].text.split(" follow from calculus: ")
    assert re.search(r"\. \d+ more$", measured)
    for text, basis in ((measured, "measurement"), (derived, "calculus")):
        count = ((claims["verdict"] == "contradicted") & (claims["basis"] == basis)).sum()
        assert count
        assert f"contradicts {count}" in text


def test_every_file_that_the_page_names_is_one_that_a_study_writes(html):
    named = {found.removesuffix(".csv") for found in re.findall(r"\b([a-z_]+\.csv)\b", html)}
    assert {"history", "level_ratios", "runs", "metrics"} <= named
    assert named <= {*EXPORTED, *THEORY_TABLES}
