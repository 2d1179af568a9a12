"""Why one loss learns faster: the gradient it sends back and how saturated its outputs are."""

import pandas as pd
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures.axes import plain_axis
from lossbench.figures.curves import draw_history
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import label_ends
from lossbench.figures.panels import evaluation, focus, grid, heading, main, main_rows, subheading
from lossbench.study.config import Study
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers

TEMPLATE = "gradient_and_saturation.j2"

QUANTITIES = {"logit_gradient_rms": "RMS logit gradient", "saturation": "mean output slope"}


def available(tables: Tables) -> bool:
    """Whether gradients were measured."""
    measured = filled("history")(tables) and tables["history"]["logit_gradient_rms"].notna().any()
    return bool(measured)


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: RMS logit gradient and mean output slope against steps."""
    history = evaluation(tables["history"])
    shown = main(history, study)
    figure, axes = grid(len(shown), 2, panel_height=1.9, sharex="row")
    ends = {}
    for line, place in zip(axes, shown, strict=True):
        heading(line[0], place.heading, above=12)
        for panel, (column, name) in zip(line, QUANTITIES.items(), strict=True):
            ends[panel] = draw_history(panel, place.rows(history), column)
            subheading(panel, name)
        for panel in line:
            panel.set(xscale="log", yscale="log")
            plain_axis(panel.yaxis, log=True)
        plain_axis(line[0].xaxis, log=True)
    for panel in axes[-1]:
        panel.set_xlabel("optimiser steps")
    label_ends(figure, {line[1]: ends[line[1]] for line in axes})
    return figure


def words(tables: Tables, study: Study) -> Words:
    """The first gradient of the loss in focus against that of the reference."""
    return {"title": _finding(main_rows(evaluation(tables["history"]), study))}


def _finding(history: pd.DataFrame) -> str:
    loss = focus(history)
    first = history[(history["step"] > 0) & history["logit_gradient_rms"].notna()]
    first = first[first["step"] == first["step"].min()]
    means = first.groupby([*COMPARISON, "loss"])["logit_gradient_rms"].median().unstack()
    if loss is None or not {loss, REFERENCE} <= set(means):
        return "The gradient that each loss sends back"
    span = numbers.span(means[loss] / means[REFERENCE], numbers.ratio)
    return (
        f"At the start {names.in_sentence(loss)} sends back {span} "
        f"{names.in_sentence(REFERENCE)}’s logit gradient"
    )
