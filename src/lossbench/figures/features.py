"""What the last hidden layer looks like: how compact its classes are, and a view of them."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, palette, theme
from lossbench.figures.layout import by_loss, losses, places, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words import names, numbers

SCATTER = "scatter_ratio"
PER_CLASS = 25
"""Points drawn of each class; the table holds them all."""


def _draw_scatter(tables: Tables, study: Study) -> Figure:
    """A row for each network: the scatter ratio, and cosines to the own and another class."""
    measured = tables["geometry"]
    shown = places(measured, study)
    orders = [losses(place.rows(measured)) for place in shown]
    figure, axes = forest.panels(orders, sharex="col")
    for line, place, order in zip(axes, shown, orders, strict=True):
        theme.heading(line[0], place.heading)
        mine = place.rows(measured)
        line[0].set_xscale("log")
        for measure, panel in (
            (SCATTER, line[0]),
            ("other_cosine", line[1]),
            ("own_cosine", line[1]),
        ):
            _dots(panel, mine[mine["measure"] == measure], order, hollow=measure == "other_cosine")
        forest.name_rows(line[0], order)
    plain_axis(axes[0, 0].xaxis, log=True)
    plain_axis(axes[0, 1].xaxis, log=False)
    axes[-1, 0].set_xlabel("scatter within / between classes")
    axes[-1, 1].set_xlabel("cosine to nearest other (open), own (filled)")
    return figure


def _describe_scatter(tables: Tables, study: Study) -> Description:
    title = _scatter_finding(tables, study)
    return Description(
        title=title,
        subtitle=(
            "Features of the last hidden layer on the test set, a mark a run. Left: trace of the "
            "scatter within classes over that between them, log axis; further left is more "
            "compact. Right: mean cosine to the own class mean and to the nearest other one."
        ),
        alt=f"Dot plot of feature scatter. {title}.",
        caption=(
            "A margin loss is meant to make classes compact: small ratio, own cosine near 1, the "
            "other far from it."
        ),
    )


def _draw_projections(tables: Tables, study: Study) -> Figure:
    """A block for each network, a panel for each of its losses: the features of one seed."""
    points = tables["projections"]
    shown = places(points, study)
    orders = [losses(place.rows(points)) for place in shown]
    most = max(map(len, orders))
    columns = most if most <= 5 else 4
    heights = [-(-len(order) // columns) for order in orders]
    figure, axes = theme.panels(sum(heights), columns, panel_height=1.45)
    for panel in axes.ravel():
        panel.set_axis_off()
    blocks = np.split(axes, np.cumsum(heights)[:-1])
    for place, order, block in zip(shown, orders, map(np.ravel, blocks), strict=True):
        theme.heading(block[0], place.heading, above=12)
        for panel, loss in zip(block, order, strict=False):
            mine = place.rows(points)
            if panel is not block[0]:
                panel.set_title(" ", loc="left")
            _cloud(panel, mine[mine["loss"] == loss])
            color = palette.LOSS_STYLES[loss].color
            title = theme.subheading(panel, names.loss_name(loss), color=color)
            theme.tag(title, loss)
    return figure


def _describe_projections(tables: Tables, study: Study) -> Description:
    points = tables["projections"]
    shown = places(points, study)
    winners = Counter(_most_compact(place.rows(points)) for place in shown)
    compact = [
        f"{names.loss_name(loss)} ({number} of {numbers.count(len(shown), 'network')})"
        for loss, number in winners.most_common()
    ]
    title = f"Most compact classes in this view: {numbers.join(compact)}"
    return Description(
        title=title,
        subtitle=(
            "Features of the last hidden layer on test images, projected to two dimensions; one "
            "seed. A point is an image, a colour and a number a class."
        ),
        alt=f"Scatter plots of projected features, a panel for each network and loss. {title}.",
        caption=(
            "Each panel has its own scale and its own projection, so compare shapes, not "
            f"distances. At most {PER_CLASS} images of a class are drawn."
        ),
    )


def _dots(axes: Axes, rows: pd.DataFrame, order: list[LossName], *, hollow: bool) -> None:
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    for loss, mine in by_loss(rows.dropna(subset="value")):
        y = np.full(len(mine), float(len(order) - 1 - order.index(loss)))
        look = theme.mark_style(loss, 4)
        look |= {"markerfacecolor": "none"} if hollow else {"alpha": 0.8}
        theme.tag(axes.plot(mine["value"], y, **look), loss)


def _cloud(axes: Axes, points: pd.DataFrame) -> None:
    """Points as strokes of no length with round ends: one path a class keeps the file small."""
    for label, color in enumerate(palette.CLASS_COLORS):
        mine = points[points["label"] == label].head(PER_CLASS)
        if mine.empty:
            continue
        at = np.repeat(mine[["x", "y"]].to_numpy(), 2, axis=0)
        codes = np.tile([Path.MOVETO, Path.LINETO], len(mine))
        look: dict[str, Any] = {"edgecolor": color.light, "linewidth": 2.2, "capstyle": "round"}
        axes.add_patch(PathPatch(Path(at, codes), fill=False, **look))
        middle = (float(mine["x"].median()), float(mine["y"].median()))
        axes.annotate(str(label), middle, ha="center", va="center", fontsize=8, weight="bold")
    axes.autoscale_view()


def _scatter_finding(tables: Tables, study: Study) -> str:
    """Which loss is most compact on each network, by the mean over seeds."""
    measured = tables["geometry"]
    ratios = measured[measured["measure"] == SCATTER]
    found = []
    for place in places(ratios, study):
        means = place.rows(ratios).groupby("loss")["value"].mean()
        if REFERENCE in means and means.notna().sum() > 1:
            relative = numbers.ratio(float(means.min() / means[REFERENCE]))
            found.append(f"{names.loss_name(means.idxmin())} on {place.heading} ({relative})")
    if not found:
        return "How compact the features of each class are"
    return (
        f"Most compact classes, by their scatter to that of {names.in_sentence(REFERENCE)}: "
        f"{numbers.join(found)}"
    )


def _most_compact(points: pd.DataFrame) -> LossName:
    """The loss whose projected classes scatter least, relative to the distance between them."""
    ratios = {}
    for loss, cloud in by_loss(points):
        within = cloud.groupby("label")[["x", "y"]].var().sum(axis=1).mean()
        between = cloud.groupby("label")[["x", "y"]].mean().var().sum()
        ratios[loss] = within / between
    return min(ratios, key=lambda loss: ratios[loss])


FEATURES_FIGURES: dict[str, FigureSpec] = {
    "features": FigureSpec(
        "features",
        section="features",
        draw=_draw_scatter,
        describe=_describe_scatter,
        sources=("geometry",),
        available=filled("geometry"),
    ),
    "projections": FigureSpec(
        "projections",
        section="features",
        draw=_draw_projections,
        describe=_describe_projections,
        sources=("projections",),
        available=filled("projections"),
    ),
}
"""The figures of the features section."""
