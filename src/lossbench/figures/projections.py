"""A view of the last hidden layer: test images of each class, projected to two dimensions."""

from collections import Counter

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lossbench.figures import palette
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import by_loss, grid, heading, losses, places, subheading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers

TEMPLATE = "projections.j2"

PER_CLASS = 25
"""Points drawn of each class; the table holds them all."""

available = filled("projections")


def draw(tables: Tables, study: Study) -> Figure:
    """A block for each comparison, a panel for each of its losses: the features of one seed."""
    points = _one_seed(tables)
    shown = places(points, study)
    orders = [losses(place.rows(points)) for place in shown]
    most = max(map(len, orders))
    columns = most if most <= 5 else 4
    heights = [-(-len(order) // columns) for order in orders]
    figure, axes = grid(sum(heights), columns, panel_height=1.45)
    for panel in axes.ravel():
        panel.set_axis_off()
    blocks = np.split(axes, np.cumsum(heights)[:-1])
    for place, block in zip(shown, map(np.ravel, blocks), strict=True):
        heading(block[0], place.heading, above=12)
        for panel, (loss, cloud) in zip(block, by_loss(place.rows(points)), strict=False):
            if panel is not block[0]:
                panel.set_title(" ", loc="left")
            _cloud(panel, cloud)
            subheading(panel, names.loss_name(loss), color=palette.loss_styles()[loss].color)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Which loss is most compact in this view, and in how many comparisons."""
    points = _one_seed(tables)
    shown = places(points, study)
    winners = Counter(_most_compact(place.rows(points)) for place in shown)
    compact = [
        f"{names.loss_name(loss)} ({number} of {numbers.count(len(shown), 'comparison')})"
        for loss, number in winners.most_common()
    ]
    return {
        "title": f"Most compact classes in this view: {numbers.join(compact)}",
        "per_class": PER_CLASS,
    }


def _one_seed(tables: Tables) -> pd.DataFrame:
    """The points of each loss's first seed that survived."""
    points = tables["projections"]
    first = points.groupby([*COMPARISON, "loss"])["seed"].transform("min")
    return points[points["seed"] == first]


def _cloud(axes: Axes, points: pd.DataFrame) -> None:
    """Points as strokes of no length with round ends: one path a class keeps the file small."""
    for label, color in enumerate(palette.CLASS_COLORS):
        mine = points[points["label"] == label].head(PER_CLASS)
        if mine.empty:
            continue
        strokes = Path(
            np.repeat(mine[["x", "y"]].to_numpy(), 2, axis=0),
            np.tile([Path.MOVETO, Path.LINETO], len(mine)),
        )
        look = {"edgecolor": color.light, "linewidth": 2.2, "capstyle": "round"}
        axes.add_patch(PathPatch(strokes, fill=False, **look))
        middle = (float(mine["x"].median()), float(mine["y"].median()))
        axes.annotate(str(label), middle, ha="center", va="center", fontsize=8, weight="bold")
    axes.autoscale_view()


def _most_compact(points: pd.DataFrame) -> LossName:
    """The loss whose projected classes scatter least, relative to the distance between them."""
    ratios = {}
    for loss, cloud in by_loss(points):
        within = cloud.groupby("label")[["x", "y"]].var().sum(axis=1).mean()
        between = cloud.groupby("label")[["x", "y"]].mean().var().sum()
        ratios[loss] = within / between
    return min(ratios, key=lambda loss: ratios[loss])
