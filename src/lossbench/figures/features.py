"""How compact the classes are in the last hidden layer."""

from matplotlib.figure import Figure

from lossbench.figures import forest
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import heading, losses, main
from lossbench.figures.strips import strips
from lossbench.study.config import Study
from lossbench.words import names
from lossbench.words.findings import find
from lossbench.words.phrases import counted
from lossbench.words.questions import SCATTER

TEMPLATE = "features.j2"

available = filled("geometry")


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: the scatter ratio, and cosines to the own and another class."""
    measured = tables["geometry"]
    shown = main(measured, study)
    orders = [losses(place.rows(measured)) for place in shown]
    figure, axes = forest.grid(orders, sharex="col")
    for (left, right), place, order in zip(axes, shown, orders, strict=True):
        heading(left, place.heading)
        by_measure = dict(list(place.rows(measured).groupby("measure")))
        strips(left, by_measure[SCATTER.metric], order)
        strips(right, by_measure["other_cosine"], order, hollow=True)
        strips(right, by_measure["own_cosine"], order)
        left.set_xscale("log")
        forest.name_rows(left, order)
    plain_axis(axes[0, 0].xaxis, log=True)
    plain_axis(axes[0, 1].xaxis, log=False)
    axes[-1, 0].set_xlabel("scatter within / between classes")
    axes[-1, 1].set_xlabel("cosine to nearest other (open), own (filled)")
    return figure


def words(tables: Tables, _study: Study) -> Words:
    """Whether the classes of the loss in focus are more compact."""
    finding = find(tables, SCATTER)
    is_measured = len(finding.rows) > finding.count("not measurable")
    if not is_measured:
        return {"title": "How compact the features of each class are"}
    ending = " comparisons" if len(finding.rows) > 1 else ""
    return {"title": f"{names.loss_name(finding.loss)} is {counted(finding)}{ending}"}
