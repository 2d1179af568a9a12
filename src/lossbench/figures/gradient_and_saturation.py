"""Why one loss learns faster: the gradient it sends back and how saturated its outputs are."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures.axes import plain_axis
from lossbench.figures.curves import draw_history, measured
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import label_ends
from lossbench.figures.panels import (
    evaluation,
    focus,
    grid,
    heading,
    losses,
    main,
    main_rows,
    subheading,
)
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers
from lossbench.words.places import Place, on

TEMPLATE = "gradient_and_saturation.j2"

QUANTITIES = {"logit_gradient_rms": "RMS logit gradient", "saturation": "mean output slope"}
BELOW = 1e-3
"""A panel ends at this share of the pair's lowest value at the latest.

Under a loss that fails, values fall to the smallest that a computer knows: on an axis that showed
them, the curves of the pair would be flat."""
MARGIN = 0.05
"""Of a panel that was cut off, above its curves."""


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
        mine = place.rows(history)
        for panel, (column, name) in zip(line, QUANTITIES.items(), strict=True):
            ends[panel] = draw_history(panel, mine, column)
            subheading(panel, name)
        for panel, column in zip(line, QUANTITIES, strict=True):
            panel.set(xscale="log", yscale="log")
            _limit(panel, measured(mine, column), column)
            plain_axis(panel.yaxis, log=True)
        plain_axis(line[0].xaxis, log=True)
    for panel in axes[-1]:
        panel.set_xlabel("optimiser steps")
    label_ends(figure, {line[1]: ends[line[1]] for line in axes})
    return figure


def words(tables: Tables, study: Study) -> Words:
    """The first gradient of the loss in focus against that of the reference; what goes on below."""
    history = evaluation(tables["history"])
    below = [f"{names.in_sentence(loss)} {on(at)}" for loss, at in _below(history, study).items()]
    return {
        "title": _finding(main_rows(history, study)),
        "below": numbers.join(below) if below else "",
    }


def _limit(axes: Axes, rows: pd.DataFrame, column: str) -> None:
    """Cut the panel off at its floor, if it reaches below."""
    floor, highest = _floor(rows, column), rows[column].max()
    if axes.get_ylim()[0] < floor:
        axes.set_ylim(floor, highest * (highest / floor) ** MARGIN)


def _floor(rows: pd.DataFrame, column: str) -> float:
    """Where the panel of one comparison may end; 0 where it has no curve of the pair."""
    pair = rows.loc[rows["loss"].isin([REFERENCE, focus(rows)]), column]
    return BELOW * float(pair[pair > 0].min()) if len(pair) else 0.0


def _below(history: pd.DataFrame, study: Study) -> dict[LossName, list[Place]]:
    """Each loss with a curve that leaves a panel at the bottom, and where it does."""
    found: dict[LossName, list[Place]] = {}
    for place in main(history, study):
        curves = [(measured(place.rows(history), column), column) for column in QUANTITIES]
        lowest = [rows[rows[column] < _floor(rows, column)] for rows, column in curves]
        for loss in losses(pd.concat(lowest)):
            found.setdefault(loss, []).append(place)
    return found


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
