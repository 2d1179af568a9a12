"""How fast each loss learns: training and validation error against steps."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette
from lossbench.figures.axes import percent_axis, plain_axis
from lossbench.figures.curves import draw_history
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import label_ends
from lossbench.figures.panels import evaluation, grid, heading, places, subheading
from lossbench.study.config import Study
from lossbench.words import numbers, phrases
from lossbench.words.findings import find
from lossbench.words.questions import SPEED

TEMPLATE = "learning_curves.j2"

ERRORS = {"train_error": "training error", "validation_error": "validation error"}

available = filled("history")


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: training and validation error against steps, both axes log."""
    history = evaluation(tables["history"])
    shown = places(history, study)
    figure, axes = grid(len(shown), 2, panel_height=1.9, sharey="row", sharex="row")
    ends = {}
    for line, place in zip(axes, shown, strict=True):
        heading(line[0], place.heading, above=12)
        for panel, (column, name) in zip(line, ERRORS.items(), strict=True):
            ends[line[1]] = draw_history(panel, place.rows(history), column)
            subheading(panel, name)
        if filled("levels")(tables):
            _mark_levels(line[1], place.rows(tables["levels"]))
        line[0].set(xscale="log", yscale="log")
        percent_axis(line[0].yaxis, log=True)
        plain_axis(line[0].xaxis, log=True)
    for panel in axes[-1]:
        panel.set_xlabel("optimiser steps")
    label_ends(figure, ends)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """How fast the loss in focus learns."""
    shown = places(evaluation(tables["history"]), study)
    return {
        "title": phrases.title(find(tables, SPEED))
        if filled("contrasts")(tables)
        else "How fast each loss learns",
        "places": numbers.join([place.heading for place in shown]),
    }


def _mark_levels(axes: Axes, levels: pd.DataFrame) -> None:
    """The easiest and the hardest level."""
    color, dots = palette.MUTED.light, (0, (1, 2))
    for goal in levels["validation_error"].agg(["max", "min"]):
        axes.axhline(goal, color=color, linewidth=0.8, linestyle=dots, zorder=1)
