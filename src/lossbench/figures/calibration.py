"""Whether probabilities mean what they say: accuracy against confidence."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis.metrics import BINS
from lossbench.figures import palette
from lossbench.figures.axes import percent_axis
from lossbench.figures.curves import draw_runs, draw_summary
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import losses, main, main_rows, panel_each
from lossbench.study.config import Study
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find
from lossbench.words.questions import BRIER, CALIBRATION, NLL

TEMPLATE = "calibration.j2"

LEAST = 0.001
"""Share of a run's images that a bin must hold to be drawn."""

available = filled("reliability", "metrics")


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: accuracy against confidence, each run thin, all runs bold."""
    bins = tables["reliability"]
    shown = main(bins, study)
    figure, panels, lowest = panel_each(shown, panel_height=2.6, sharex=True, sharey=True)
    for place, panel in panels.items():
        _diagram(panel, place.rows(bins))
        panel.set_ylabel("accuracy")
        panel.label_outer()
    for panel in lowest:
        panel.set_xlabel("confidence, the probability of the predicted class")
    first = panels[shown[0]]
    first.set(xlim=(0, 1.02), ylim=(0, 1.02))
    percent_axis(first.xaxis, log=False)
    percent_axis(first.yaxis, log=False)
    legend(figure, losses(main_rows(bins, study)))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """How often the loss in focus is the better calibrated one."""
    bins = tables["reliability"]
    silent = [loss for loss in losses(tables["metrics"]) if loss not in set(bins["loss"])]
    return {
        "title": _finding(tables),
        "scores": _scores(tables),
        "places": numbers.join([place.heading for place in main(bins, study)]),
        "silent": numbers.join([names.loss_name(loss) for loss in silent]) if silent else "",
        "bins": BINS,
        "least": numbers.percent(LEAST, 1),
    }


def _diagram(axes: Axes, bins: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=palette.MUTED.light, linewidth=0.7)
    axes.set_aspect("equal")
    totals = bins.groupby(["loss", "seed"])["count"].transform("sum")
    bins = bins[bins["count"] >= LEAST * totals]
    draw_runs(axes, bins, "confidence", "accuracy")
    values = ["confidence", "accuracy"]
    weighted = bins.assign(**{value: bins[value] * bins["count"] for value in values})
    sums = weighted.groupby(["loss", "bin"])[[*values, "count"]].sum().reset_index()
    pooled = sums.assign(**{value: sums[value] / sums["count"] for value in values})
    draw_summary(axes, pooled, *values, estimator=None)


def _finding(tables: Tables) -> str:
    finding = find(tables, CALIBRATION)
    return phrases.title(finding) if finding.rows else "How far the probabilities can be trusted"


def _scores(tables: Tables) -> str:
    """What the two proper scores say; empty where they were not compared."""
    found = [find(tables, question) for question in (NLL, BRIER)]
    return phrases.joint(found, "comparison") if all(each.rows for each in found) else ""
