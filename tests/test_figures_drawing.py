"""Every figure of the study, drawn from an invented one in each of its conditions."""

import re
import xml.etree.ElementTree as ET
from importlib import import_module

import pandas as pd
import pytest

from builders import drawn_figures, synthetic
from builders.drawn_figures import DRAWN, STUDY_FIGURES, drawn, study
from lossbench.cards.loss import LOSSES, PRIMARY, REFERENCE
from lossbench.figures.catalogue import FIGURES, figures_of
from lossbench.figures.drawing import describe, placeholder
from lossbench.stats.multiplicity import main_places
from lossbench.study.settings import NeuronStart, Theory
from lossbench.tables.runs import COMPARISON
from lossbench.theory import neuron

LARGEST = 100_000
"""Bytes of a figure without photographs."""


@pytest.mark.parametrize(("name", "knob"), DRAWN)
def test_every_figure_draws_from_the_tables_it_names_alone_and_has_words(name, knob):
    svg, words = drawn(name, knob)
    assert words is not None
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    references = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', svg)
    assert all(
        reference.startswith((f"#{name}-", "data:image/png;base64,"))
        for pair in references
        for reference in filter(None, pair)
    )
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(each.startswith(f"{name}-") for each in ids)  # unique on a page of all figures
    assert "nan" not in svg.replace("data-", "").lower().split("base64")[0]
    assert len(svg) < LARGEST or name == "gallery"
    assert words.title[0].isupper() or words.title[0].isdecimal()
    assert not words.title.endswith(".")
    assert words.title in words.alt
    assert len(words.title.split()) <= 15
    assert words.alt.endswith(".")
    assert words.caption.endswith(".")
    everything = " ".join(vars(words).values())
    assert "nan" not in everything.split()
    assert not re.search(r"mse_|cross_entropy|cifar10|[{}%]{2}|\n|  ", everything)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_rows_says_so(name):
    tables, settings = study()
    hollow = {table: frame.iloc[:0] for table, frame in tables.items()}
    for nothing in ({}, hollow):
        svg, words = drawn_figures.draw(name, nothing, settings)
        assert words is None
        assert svg == placeholder(name)


def test_a_template_keeps_unbreakable_spaces_and_is_refused_without_a_value():
    words = {"title": "A finding", "shown": "5\N{NO-BREAK SPACE}images", "absent": ""}
    assert "5\N{NO-BREAK SPACE}images" in describe("disagreements.j2", words).caption
    with pytest.raises(Exception, match="shown"):
        describe("disagreements.j2", {"title": "A finding"})


@pytest.mark.parametrize("name", ["answer", "learning-curves", "features", "confusion"])
def test_the_same_tables_give_the_same_bytes(name):
    assert drawn_figures.draw(name, *study()) == drawn(name)


PAIR = {"paired-runs": {REFERENCE, PRIMARY}, "lead-by-level": {PRIMARY}, "conditions": {PRIMARY}}
"""Figures of the pair that titles speak of alone."""


@pytest.mark.parametrize(
    "name", [name for name in STUDY_FIGURES if name not in ("confusion", "gallery")]
)
def test_every_loss_can_be_hidden(name):
    tables, _ = study()
    expected = set(tables["runs"]["loss"])
    if name in ("answer", "speed", "speed-by-level"):
        expected -= {REFERENCE}
    if name in PAIR:
        expected = PAIR[name]
    if name == "projections":
        others = [loss for loss in LOSSES if loss in expected - {REFERENCE, PRIMARY}]
        expected = {REFERENCE, PRIMARY, *others[:2]}
    if name == "calibration":
        expected = set(tables["reliability"]["loss"])
    assert set(re.findall(r'data-loss="(\w+)"', drawn(name)[0])) == expected


@pytest.mark.parametrize(
    "name", [name for name in figures_of("theory") if name != "linear-regression"]
)
def test_every_loss_of_the_theory_can_be_hidden(name):
    found = set(re.findall(r'data-loss="(\w+)"', drawn(name)[0]))
    assert found in (
        {"cross_entropy", "mse_softmax"},
        {"bce_sigmoid", "mse_sigmoid"},
        {"bce_sigmoid"},
    )
    assert (len(found) == 1) == (name == "separable-data")


def test_a_study_of_cross_entropy_alone_claims_no_comparison():
    tables, settings = study()
    alone = {
        name: frame[frame["loss"] == REFERENCE] if "loss" in frame else frame
        for name, frame in tables.items()
        if name != "gallery"
    }
    assert drawn_figures.draw("answer", alone, settings)[1] is None
    for name in STUDY_FIGURES:
        _, words = drawn_figures.draw(name, alone, settings)
        if words:
            assert "MSE" not in words.title
            assert " than " not in words.title


@pytest.mark.parametrize("name", ["learning-curves", "speed-by-level", "final-error"])
def test_what_was_measured_is_drawn_without_levels_or_contrasts(name):
    tables, settings = study()
    few = {table: frame for table, frame in tables.items() if table not in ("levels", "contrasts")}
    svg, words = drawn_figures.draw(name, few, settings)
    ET.fromstring(svg)
    assert words is not None


def test_one_start_of_the_neuron_draws_one_row():
    _, settings = study()
    theory = Theory(starts=(NeuronStart(weight=1.0, bias=1.0),), epochs=10)
    tables = {
        "neuron_trajectories": neuron.trajectories(theory),
        "neuron_times": neuron.times(theory),
    }
    module = import_module(FIGURES["neuron"].module)
    assert len(module.draw(tables, settings).axes) == 3


@pytest.mark.parametrize("name", ["rate-sensitivity", "same-rate", "gradient-and-saturation"])
def test_a_title_speaks_of_what_is_drawn_alone(name):
    """Comparisons that have no panel change nothing of the words."""
    tables, study = synthetic.build(networks=1, recipes=True)
    answering = main_places(study)["error"]
    drawn, spoiled = {}, {}
    for table in FIGURES[name].tables:
        is_drawn = tables[table].set_index(list(COMPARISON)).index.isin([*answering])
        if "stage" in tables[table]:  # comparisons that are tuned alike share their tuning runs
            is_drawn |= tables[table]["stage"] == "tuning"
        drawn[table] = tables[table][is_drawn]
        others = tables[table][~is_drawn]
        values = [each for each in SPOILED if each in others]
        others = others.assign(**{each: SPOILED[each](others) for each in values})
        assert len(others)
        spoiled[table] = pd.concat([drawn[table], others])
    module = import_module(FIGURES[name].module)
    assert module.words(spoiled, study) == module.words(drawn, study)


@pytest.mark.parametrize(
    ("name", "table", "metric"),
    [
        ("speed-by-level", "level_ratios", "speed"),
        ("learning-curves", "history", "speed"),
        ("rate-sensitivity", "choices", "error"),
        ("calibration", "reliability", "error"),
    ],
)
def test_a_legend_names_what_is_drawn_alone(name, table, metric):
    """A loss that is tried in other comparisons, which have no panel, is not in it."""
    tables, study = synthetic.build(networks=1, recipes=True)
    assert 'data-loss="mse_sigmoid"' in drawn_figures.draw(name, tables, study)[0]
    frame, drawn = tables[table], main_places(study)[metric]
    is_drawn = frame.set_index(list(COMPARISON)).index.isin([*drawn])
    elsewhere = frame[~(is_drawn & (frame["loss"] == "mse_sigmoid"))]
    assert "mse_sigmoid" in set(elsewhere["loss"])
    svg, _ = drawn_figures.draw(name, tables | {table: elsewhere}, study)
    assert 'data-loss="mse_sigmoid"' not in svg


SPOILED = {
    "on_edge": lambda _: True,
    "diverged": lambda _: True,
    "validation_error": lambda rows: (rows["validation_error"] + 1) / 2,
    "logit_gradient_rms": lambda rows: rows["logit_gradient_rms"].where(
        rows["loss"] == REFERENCE, 10.0
    ),
}
