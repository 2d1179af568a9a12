"""Whether probabilities mean what they say: accuracy against confidence."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.layout import (
    by_loss,
    in_first_column,
    joined,
    legend,
    losses,
    panels_of,
    percent_axis,
    places,
)
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find
from lossbench.words.questions import CALIBRATION


def _draw(tables: Tables, study: Study) -> Figure:
    """A panel for each network: accuracy against confidence, each run thin, all runs bold."""
    bins = tables["reliability"]
    shown = places(bins, study)
    figure, panels, lowest = panels_of(shown, panel_height=2.6, sharex=True, sharey=True)
    for place, panel in panels.items():
        _diagram(panel, place.rows(bins))
        if in_first_column(panel):
            panel.set_ylabel("accuracy")
    for panel in lowest:
        panel.set_xlabel("confidence, the probability of the predicted class")
    first = panels[shown[0]]
    first.set(xlim=(0, 1.02), ylim=(0, 1.02))
    percent_axis(first.xaxis, log=False)
    percent_axis(first.yaxis, log=False)
    legend(figure, losses(bins))
    return figure


def _describe(tables: Tables, study: Study) -> Description:
    bins = tables["reliability"]
    title = _finding(tables)
    absent = [
        names.loss_name(loss) for loss in losses(tables["metrics"]) if loss not in set(bins["loss"])
    ]
    silent = f" {numbers.join(absent)} states no probabilities." if absent else ""
    shown = numbers.join([place.heading for place in places(bins, study)])
    return Description(
        title=title,
        subtitle=(
            "Share of correct predictions against the probability that the network gave them, in "
            "15 bins; runs thin, all runs together bold. On the diagonal a network is calibrated."
        ),
        alt=f"Reliability diagrams on {shown}. {title}.",
        caption=(
            "Below the diagonal a network is more confident than it is right. The expected "
            "calibration error is the mean distance to the diagonal, weighted by images."
            f"{silent} Bins with fewer than 0.1% of a run’s images are not drawn."
        ),
    )


def _diagram(axes: Axes, bins: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=palette.MUTED.light, linewidth=0.7)
    axes.set_aspect("equal")
    totals = bins.groupby(["loss", "seed"])["count"].transform("sum")
    bins = bins[bins["count"] >= 0.001 * totals]
    for loss, mine in by_loss(bins):
        runs = [run for _, run in mine.groupby("seed")]
        thin = axes.plot(
            *joined([(run["confidence"].to_numpy(), run["accuracy"].to_numpy()) for run in runs]),
            color=palette.LOSS_STYLES[loss].color,
            linewidth=0.4,
            alpha=0.35,
        )
        weighted = mine.assign(
            confidence=mine["confidence"] * mine["count"], accuracy=mine["accuracy"] * mine["count"]
        )
        sums = weighted.groupby("bin")[["confidence", "accuracy", "count"]].sum()
        bold = axes.plot(
            sums["confidence"] / sums["count"],
            sums["accuracy"] / sums["count"],
            **theme.line_style(loss),
        )
        theme.tag([*thin, *bold], loss)


def _finding(tables: Tables) -> str:
    finding = find(tables, CALIBRATION)
    return phrases.title(finding) if finding.rows else "How far the probabilities can be trusted"


CALIBRATION_FIGURES: dict[str, FigureSpec] = {
    "calibration": FigureSpec(
        "calibration",
        section="final-error",
        draw=_draw,
        describe=_describe,
        sources=("reliability", "metrics", "contrasts"),
        available=filled("reliability", "metrics"),
    ),
}
"""The figure of calibration."""
