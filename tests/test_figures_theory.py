"""The theory figures: each drawn from the chapter's tables, in words that follow them."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from builders.theory_tables import made
from lossbench.figures.theory import THEORY_FIGURES
from lossbench.names import THEORY_FIGURE_NAMES
from lossbench.study.loading import load_study
from lossbench.study.settings import NeuronStart, Theory
from lossbench.tables.parquet import empty
from lossbench.tables.theory import THEORY_TABLES
from lossbench.theory import neuron

STUDY = load_study(Path(__file__).parents[1] / "config" / "miniature.yaml")


def test_every_name_has_its_figure():
    assert tuple(THEORY_FIGURES) == THEORY_FIGURE_NAMES
    for name, figure in THEORY_FIGURES.items():
        assert figure.name == name
        assert figure.section == "theory"
        assert set(figure.sources) <= set(THEORY_TABLES)


@pytest.mark.parametrize("name", THEORY_FIGURE_NAMES)
def test_figure_is_one_svg_with_the_finding_in_its_text(name):
    figure, tables = THEORY_FIGURES[name], made()
    assert figure.available(tables)
    svg = figure.svg(tables, STUDY)
    root = ET.fromstring(svg)
    words = figure.describe(tables, STUDY)
    assert root.tag.endswith("svg")
    assert words.title in words.alt or words.title.split(":")[-1].strip() in words.alt
    assert not words.title.endswith(".")
    assert "nan" not in (words.title + words.caption + words.subtitle).lower()
    assert len(svg) < 150_000


@pytest.mark.parametrize("name", THEORY_FIGURE_NAMES)
def test_figure_without_rows_is_not_available(name):
    tables = {table: empty(schema) for table, schema in THEORY_TABLES.items()}
    assert not THEORY_FIGURES[name].available(tables)
    assert not THEORY_FIGURES[name].available({})


def test_the_same_tables_give_the_same_svg():
    figure = THEORY_FIGURES["misclassification-cost"]
    assert figure.svg(made(), STUDY) == figure.svg(made(), STUDY)


def test_titles_follow_the_tables():
    runs = made()["solver_runs"].assign(reached=True)
    title = THEORY_FIGURES["solving"].describe(made(solver_runs=runs), STUDY).title
    assert title.startswith("0 of 120 runs miss")
    assert title.endswith("0 of 120 under MSE")
    minima = made()["local_minima"].query("minimum == 0")
    described = THEORY_FIGURES["local-minima"].describe(made(local_minima=minima), STUDY)
    title = described.title.replace("\N{NO-BREAK SPACE}", " ")
    assert title == "On 5 examples MSE has 1 separate minimum, cross-entropy 1"


def test_one_start_draws_one_row():
    settings = Theory(starts=(NeuronStart(weight=1.0, bias=1.0),), epochs=10)
    tables = made(
        neuron_trajectories=neuron.trajectories(settings), neuron_times=neuron.times(settings)
    )
    assert len(THEORY_FIGURES["neuron"].draw(tables, STUDY).axes) == 3
