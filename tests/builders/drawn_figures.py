"""Every figure, drawn from an invented study in each of its conditions and the theory chapter."""

from functools import cache
from importlib import import_module

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from builders import synthetic
from builders.once import once
from builders.report_pages import SVG
from builders.theory_tables import made
from lossbench.figures import theme
from lossbench.figures.catalogue import FIGURES, Description, figures_of
from lossbench.figures.drawing import describe, svg_and_words
from lossbench.report.drawings import FigureContent
from lossbench.study.config import Study

Tables = dict[str, pd.DataFrame]

KNOBS = {
    "plain": {},
    "sparse": {"seeds": 1, "margins": False, "missing_dataset": True, "undecided": True},
    "troubled": {"diverged": True, "censored": True},
}
STUDY_FIGURES = [name for name in FIGURES if name not in figures_of("theory")]
ONE = ("conditions", "sparse")
"""A study of one comparison has no others to set beside it."""
DRAWN = [
    each for each in ((name, knob) for knob in KNOBS for name in STUDY_FIGURES) if each != ONE
] + [(name, "plain") for name in figures_of("theory")]
"""The chapter knows no conditions."""


@cache
def study(knob: str = "plain") -> tuple[Tables, Study]:
    tables, settings = synthetic.build(**KNOBS[knob], networks=1)
    return tables | made(), settings


@once
def drawn(name: str, knob: str = "plain") -> tuple[str, Description | None]:
    return draw(name, *study(knob))


def draw(name: str, tables: Tables, settings: Study) -> tuple[str, Description | None]:
    """SVG and words, from no other tables than those that the figure's entry names."""
    entry = FIGURES[name]
    read = {table: tables[table] for table in entry.tables if table in tables}
    return svg_and_words(name, entry.module, read, settings)


def in_words(tables: Tables, settings: Study) -> dict[str, FigureContent]:
    """The study's figures by their words alone: drawing them takes seconds."""
    found = {}
    for name in STUDY_FIGURES:
        module = import_module(FIGURES[name].module)
        words = describe(module.TEMPLATE, module.words(tables, settings))
        found[name] = FigureContent(**vars(words), svg=SVG)
    return found


def title(name: str, tables: Tables, settings: Study) -> str:
    return str(import_module(FIGURES[name].module).words(tables, settings)["title"])


@cache
def panels(name: str, knob: str = "plain") -> Figure:
    """The figure as matplotlib holds it before it becomes SVG."""
    with theme.applied():
        return import_module(FIGURES[name].module).draw(*study(knob))


def in_color_of(loss: str, axes: Axes) -> list[Line2D]:
    """The lines and rows of marks that are in the loss's colour."""
    return [line for line in axes.lines if to_hex(line.get_color()) == theme.colors()[loss]]
