"""Why one loss learns faster: the gradient it sends back and how saturated its outputs are."""

import pandas as pd
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import theme
from lossbench.figures.curves import draw_runs
from lossbench.figures.layout import evaluation, focus, label_ends, places, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.words import names, numbers

QUANTITIES = {"logit_gradient_rms": "RMS logit gradient", "saturation": "mean output slope"}


def _draw(tables: Tables, study: Study) -> Figure:
    """A row for each network: RMS logit gradient and mean output slope against steps."""
    history = evaluation(tables["history"])
    shown = places(history, study)
    figure, axes = theme.panels(len(shown), 2, panel_height=1.9, sharex="row")
    ends = {}
    for line, place in zip(axes, shown, strict=True):
        theme.heading(line[0], place.heading, above=12)
        for panel, (column, name) in zip(line, QUANTITIES.items(), strict=True):
            ends[panel] = draw_runs(panel, place.rows(history), column)
            theme.subheading(panel, name)
            plain_axis(panel.yaxis, log=True)
        plain_axis(line[0].xaxis, log=True)
    for panel in axes[-1]:
        panel.set_xlabel("optimiser steps")
    label_ends(figure, {line[1]: ends[line[1]] for line in axes})
    return figure


def _describe(tables: Tables, _study: Study) -> Description:
    title = _finding(evaluation(tables["history"]))
    return Description(
        title=title,
        subtitle=(
            "Left: root mean square over examples of the gradient of the loss with respect to the "
            "logits. Right: mean slope of the output, σ′ for a sigmoid and p(1−p) for a softmax. "
            "Both axes log; runs thin, the median over seeds bold."
        ),
        alt=f"Curves of logit gradient and output slope over training. {title}.",
        caption=(
            "MSE sends its gradient back through the slope of the output: where that is small, "
            "learning is slow. With cross-entropy the slope cancels and the gradient shrinks only "
            "with the error itself."
        ),
    )


def _finding(history: pd.DataFrame) -> str:
    """The first measured gradient of the loss in focus, relative to the reference's."""
    loss = focus(history)
    first = history[(history["step"] > 0) & history["logit_gradient_rms"].notna()]
    first = first[first["step"] == first["step"].min()]
    means = first.groupby(["dataset", "model", "loss"])["logit_gradient_rms"].median().unstack()
    if loss is None or not {loss, REFERENCE} <= set(means):
        return "The gradient that each loss sends back"
    span = numbers.span(means[loss] / means[REFERENCE], numbers.ratio)
    return (
        f"At the start {names.loss_name(loss)} sends back {span} the logit gradient of "
        f"{names.in_sentence(REFERENCE)}"
    )


MECHANISM_FIGURES: dict[str, FigureSpec] = {
    "gradient-and-saturation": FigureSpec(
        "gradient-and-saturation",
        section="mechanism",
        draw=_draw,
        describe=_describe,
        sources=("history",),
        available=lambda tables: (
            filled("history")(tables)
            and bool(tables["history"]["logit_gradient_rms"].notna().any())
        ),
    ),
}
"""The figures of the mechanism section."""
