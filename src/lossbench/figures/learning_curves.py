"""What the ratios of steps are made of: the validation error of every run against steps."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette
from lossbench.figures.axes import percent_axis, plain_axis
from lossbench.figures.curves import draw_history
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import evaluation, losses, main, main_rows, panel_each
from lossbench.stats.multiplicity import SPEED
from lossbench.study.config import Study
from lossbench.words import numbers

TEMPLATE = "learning_curves.j2"

available = filled("history")


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each main comparison: validation error against steps, both axes log."""
    history = evaluation(tables["history"])
    figure, panels, lowest = panel_each(main(history, study, SPEED), panel_height=2.1)
    for place, panel in panels.items():
        draw_history(panel, place.rows(history), "validation_error")
        if filled("levels")(tables):
            _mark_levels(panel, place.rows(tables["levels"]))
        panel.set(xscale="log", yscale="log", ylabel="validation error")
        percent_axis(panel.yaxis, log=True)
        plain_axis(panel.xaxis, log=True)
    for panel in lowest:
        panel.set_xlabel("optimiser steps")
    legend(figure, losses(main_rows(history, study, SPEED)))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Where the curves are."""
    shown = main(evaluation(tables["history"]), study, SPEED)
    return {
        "title": "The validation error of every run, step by step",
        "places": numbers.join([place.heading for place in shown]),
    }


def _mark_levels(axes: Axes, levels: pd.DataFrame) -> None:
    """The easiest and the hardest level."""
    color, dots = palette.MUTED.light, (0, (1, 2))
    for goal in levels["validation_error"].agg(["max", "min"]):
        axes.axhline(goal, color=color, linewidth=0.8, linestyle=dots, zorder=1)
