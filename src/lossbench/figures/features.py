"""How compact the classes are in the last hidden layer."""

from collections import Counter

from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import heading, losses, main
from lossbench.figures.strips import strips
from lossbench.study.config import Study
from lossbench.words import names, numbers

TEMPLATE = "features.j2"

SCATTER = "scatter_ratio"

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
        strips(left, by_measure[SCATTER], order)
        strips(right, by_measure["other_cosine"], order, hollow=True)
        strips(right, by_measure["own_cosine"], order)
        left.set_xscale("log")
        forest.name_rows(left, order)
    plain_axis(axes[0, 0].xaxis, log=True)
    plain_axis(axes[0, 1].xaxis, log=False)
    axes[-1, 0].set_xlabel("scatter within / between classes")
    axes[-1, 1].set_xlabel("cosine to nearest other (open), own (filled)")
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Which loss is most compact in each comparison, by the mean over seeds."""
    measured = tables["geometry"]
    ratios = measured[measured["measure"] == SCATTER]
    relative, most = [], Counter[str]()
    for place in main(ratios, study):
        means = place.rows(ratios).groupby("loss")["value"].mean()
        if REFERENCE in means and means.notna().sum() > 1:
            relative.append(float(means.min() / means[REFERENCE]))
            most[names.loss_name(means.idxmin())] += 1
    said = [f"{loss} in {count}" for loss, count in most.most_common()]
    among = numbers.count(len(relative), "comparison")
    title = (
        f"Most compact classes, of {among}: {numbers.join(said)}"
        f" ({numbers.span(relative, numbers.ratio)} the scatter of {names.in_sentence(REFERENCE)})"
    )
    return {"title": title if relative else "How compact the features of each class are"}
