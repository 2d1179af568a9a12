"""Every figure of the study, drawn from an invented one in each of its conditions."""

import re
import xml.etree.ElementTree as ET
from functools import cache

import numpy as np
import pandas as pd
import pytest

from builders import synthetic
from lossbench.cards.loss import REFERENCE
from lossbench.figures import curves, layout
from lossbench.figures.catalogue import FIGURES
from lossbench.figures.theory import THEORY_FIGURES
from lossbench.names import FIGURE_NAMES
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find, select
from lossbench.words.questions import CALIBRATION, ERROR, SPEED

STUDY_FIGURES = [name for name in FIGURES if name not in THEORY_FIGURES]
KNOBS = {
    "plain": {},
    "sparse": {"seeds": 1, "margins": False, "missing_dataset": True, "undecided": True},
    "troubled": {"diverged": True, "censored": True},
}
LARGEST = 100_000
"""Bytes of a figure without photographs."""


@cache
def study(knob: str):
    return synthetic.build(**KNOBS[knob], networks=1)


@cache
def svg(name: str, knob: str) -> str:
    return FIGURES[name].svg(*study(knob))


@cache
def words(name: str, knob: str):
    return FIGURES[name].describe(*study(knob))


def paths_of(svg: str, loss: str) -> list[ET.Element]:
    root = ET.fromstring(svg)
    groups = [element for element in root.iter() if element.get("data-loss") == loss]
    return [path for group in groups for path in group.iter() if path.tag.endswith("}path")]


def test_the_catalog_has_the_promised_names_in_order():
    assert tuple(FIGURES) == FIGURE_NAMES
    assert all(name == spec.name for name, spec in FIGURES.items())


@pytest.mark.parametrize("knob", KNOBS)
def test_every_figure_is_available_where_there_is_something_to_draw(knob):
    assert all(FIGURES[name].available(study(knob)[0]) for name in STUDY_FIGURES)


@pytest.mark.parametrize("knob", KNOBS)
@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_every_figure_draws(name, knob):
    drawing = svg(name, knob)
    ET.fromstring(drawing)
    references = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', drawing)
    assert all(
        reference.startswith((f"#{name}-", "data:image/png;base64,"))
        for pair in references
        for reference in filter(None, pair)
    )
    assert "nan" not in drawing.replace("data-", "").lower().split("base64")[0]
    assert len(drawing) < LARGEST or name == "gallery"


@pytest.mark.parametrize("knob", KNOBS)
@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_every_figure_has_words(name, knob):
    description = words(name, knob)
    assert description.title[0].isupper()
    assert not description.title.endswith(".")
    assert description.title in description.alt
    assert len(description.title) < 260
    for text in (description.subtitle, description.alt):
        assert text.endswith(".")
    everything = " ".join(vars(description).values())
    assert "nan" not in everything.split()
    assert not re.search(r"mse_|cross_entropy|cifar10|\{|\}", everything)


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_is_available_without_tables(name):
    assert not FIGURES[name].available({})
    tables, _ = study("plain")
    hollow = {table: frame.iloc[:0] for table, frame in tables.items()}
    assert not FIGURES[name].available(hollow)


@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_the_sources_are_tables(name):
    tables, _ = study("plain")
    assert set(FIGURES[name].sources) <= set(tables)


def test_ids_are_unique_on_a_page_of_all_figures():
    ids = [
        identity
        for name in STUDY_FIGURES
        for identity in re.findall(r'\bid="([^"]+)"', svg(name, "plain"))
    ]
    assert len(ids) == len(set(ids))


def test_the_same_tables_give_the_same_bytes():
    assert FIGURES["answer"].svg(*study("plain")) == svg("answer", "plain")


@pytest.mark.parametrize(
    "name",
    [name for name in STUDY_FIGURES if name not in ("confusion", "gallery", "projections")],
)
def test_every_loss_can_be_hidden(name):
    tables, _ = study("plain")
    expected = set(tables["runs"]["loss"])
    if name == "answer":
        expected -= {REFERENCE}
    if name == "calibration":
        expected = set(tables["reliability"]["loss"])
    assert set(re.findall(r'data-loss="(\w+)"', svg(name, "plain"))) == expected


def test_learning_curves_have_a_thin_line_a_run_and_a_bold_one_a_loss():
    tables, _ = study("plain")
    runs = tables["runs"].query("stage == 'evaluation' and loss == 'cross_entropy'")
    paths = paths_of(svg("learning-curves", "plain"), "cross_entropy")
    thin = [path for path in paths if "opacity" in path.get("style")]
    metrics = 2
    places = len(runs.groupby(["dataset", "model"]))
    assert sum(path.get("d").count("M") for path in thin) == metrics * len(runs)
    assert len(paths) - len(thin) == metrics * places


def test_answer_writes_every_value_of_its_contrasts():
    tables, _ = study("plain")
    texts = [
        e.text for e in ET.fromstring(svg("answer", "plain")).iter() if e.tag.endswith("}text")
    ]
    contrasts = select(tables, "error")
    assert len(contrasts) == 8
    for value in contrasts["value"]:
        assert numbers.points(value) in texts
    steps = select(tables, "steps_to_target_3")
    for value in steps["value"]:
        assert any(text.endswith(numbers.ratio(value)) for text in texts if text)


def test_answer_marks_a_ratio_with_censored_runs_as_a_bound():
    tables, _ = study("troubled")
    texts = [e.text for e in ET.fromstring(svg("answer", "troubled")).iter()]
    steps = select(tables, "steps_to_target_3")
    value = steps[steps["loss"] == "mse_sigmoid"]["value"].iloc[0]
    assert f"≥ {numbers.ratio(value)}" in texts


@pytest.mark.parametrize("knob", KNOBS)
@pytest.mark.parametrize(
    ("name", "question"),
    [("final-error", ERROR), ("learning-curves", SPEED), ("calibration", CALIBRATION)],
)
def test_titles_are_the_findings_on_their_metric(name, question, knob):
    tables, _ = study(knob)
    assert words(name, knob).title == phrases.title(find(tables, question))
    if question is not CALIBRATION:
        assert phrases.speed_and_error(tables) == words("answer", knob).title


def test_a_study_of_cross_entropy_alone_claims_no_comparison():
    tables, settings = study("plain")
    alone = {
        name: frame[frame["loss"] == REFERENCE] if "loss" in frame else frame
        for name, frame in tables.items()
        if name != "gallery"
    }
    assert not FIGURES["answer"].available(alone)
    for name in STUDY_FIGURES:
        if FIGURES[name].available(alone):
            title = FIGURES[name].describe(alone, settings).title
            assert "MSE" not in title
            assert " than " not in title
    ET.fromstring(FIGURES["final-error"].svg(alone, settings))


def test_contrasts_without_values_are_shown_as_such():
    tables, settings = study("plain")
    numbers = ["value", "ci_low", "ci_high", "equivalence_low", "equivalence_high"]
    lost = tables["contrasts"].assign(**dict.fromkeys(numbers, np.nan), verdict="undecided")
    empty = tables | {"contrasts": lost}
    drawing = FIGURES["answer"].svg(empty, settings)
    assert drawing.count(">no value</text>") == len(select(empty, "error"))
    assert drawing.count(">not reached</text>") == len(select(empty, "steps_to_target_3"))


def test_the_most_compact_loss_is_named_place_by_place():
    tables, study = synthetic.build(networks=1)
    geometry = tables["geometry"].query("measure == 'scatter_ratio'").copy()
    compact = {"mnist": "mse_logits", "cifar10": REFERENCE}
    for dataset, loss in compact.items():
        here = geometry["dataset"] == dataset
        geometry.loc[here, "value"] = 2.0
        geometry.loc[here & (geometry["loss"] == loss), "value"] = 0.5
    title = FIGURES["features"].describe(tables | {"geometry": geometry}, study).title
    found = title.partition(": ")[2]
    for place in layout.places(geometry, study):
        loss = compact[place.dataset]
        ratio = "1.00×" if loss == REFERENCE else "0.25×"
        assert f"{names.loss_name(loss)} on {place.heading} ({ratio})" in found


def test_an_error_of_zero_can_be_drawn():
    tables, settings = study("plain")
    none = tables["metrics"].assign(value=0.0)
    for name in ("final-error", "class-error"):
        ET.fromstring(FIGURES[name].svg(tables | {"metrics": none}, settings))


def test_labels_are_spread_apart_and_stay_in_order_and_inside():
    generator = np.random.default_rng(3)
    for _ in range(50):
        positions = np.sort(generator.uniform(size=8))
        spread = layout.spread_apart(list(positions), 0.1)
        assert (np.diff(spread) >= 0.1 - 1e-9).all()
        assert min(spread) >= min(0, positions[0]) - 1e-9
        assert max(spread) <= 1 + 1e-9
    assert layout.spread_apart([0.1, 0.5, 0.9], 0.1) == [0.1, 0.5, 0.9]
    assert layout.spread_apart([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert layout.spread_apart([0.0, 0.0, 0.0], 0.1) == pytest.approx([0.0, 0.1, 0.2])
    assert layout.spread_apart([0.5] * 3, 0.8) == pytest.approx([-0.3, 0.5, 1.3])
    assert layout.spread_apart([], 0.2) == []


def test_long_runs_are_thinned_but_keep_their_ends():
    steps = pd.Series(np.arange(1, 2001))
    kept = curves.thinned(steps, 16)
    assert len(kept) <= 16
    assert kept[0] == 1
    assert kept[-1] == 2000
    assert list(curves.thinned(pd.Series([3, 1, 3]), 16)) == [1, 3]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1, 1000, [1, 10, 100, 1000]),
        (1, 35, [1, 3, 10, 30]),
        (15, 70, [20, 50]),
        (1e-4, 1e9, [1e-4, 0.1, 100, 1e5, 1e8]),
    ],
)
def test_log_axes_have_round_ticks(low, high, ticks):
    found = layout.log_ticks(low, high)
    assert all(np.isclose(found, tick).any() for tick in ticks)
    assert 3 <= len(found) <= 7
    assert (found >= low * 0.99).all()
    assert (found <= high * 1.01).all()


def test_zeros_are_drawn_at_half_the_smallest_value():
    assert list(layout.positive(pd.Series([0.0, 0.02, 0.5]))) == [0.01, 0.02, 0.5]
