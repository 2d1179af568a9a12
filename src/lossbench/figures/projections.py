"""A view of the last hidden layer: test images of each class, projected to two dimensions."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lossbench.cards.loss import PLACEBO, PRIMARY, REFERENCE
from lossbench.cards.own_cards import OWN_LOSSES
from lossbench.figures import palette
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import by_loss, grid, heading, losses, main_of_datasets, subheading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.rows import class_names
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers

TEMPLATE = "projections.j2"

LOSSES = 4
"""At most so many are drawn, one beside the other."""
SHORT = 2
"""Characters of a class's name that fit among its points."""
PER_CLASS = 25
"""Points drawn of each class; the table holds them all."""

available = filled("projections")


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each data set, a panel for each of few losses: the features of one seed."""
    points = _one_seed(tables)
    shown = main_of_datasets(points, study)
    figure, axes = grid(len(shown), LOSSES, panel_height=1.45)
    for panel in axes.ravel():
        panel.set_axis_off()
    for line, place in zip(axes, shown, strict=True):
        heading(line[0], place.heading, above=12)
        for panel, (loss, cloud) in zip(line, by_loss(_few(place.rows(points))), strict=False):
            if panel is not line[0]:
                panel.set_title(" ", loc="left")
            _cloud(panel, cloud, _labels(tables, place.dataset))
            subheading(panel, names.loss_name(loss), color=palette.loss_styles()[loss].color)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Which of the losses drawn is most compact in this view, on most data sets."""
    points = _one_seed(tables)
    shown = main_of_datasets(points, study)
    compact = Counter(_most_compact(_few(place.rows(points))) for place in shown)
    ((winner, often),) = compact.most_common(1)
    where = f" on {often} of {numbers.count(len(shown), 'data set')}" if len(shown) > 1 else ""
    return {
        "title": f"Most compact classes in this view: {names.loss_name(winner)}{where}",
        "per_class": PER_CLASS,
        "keys": [key for place in shown if (key := _key(tables, place.dataset))],
    }


def _key(tables: Tables, dataset: str) -> str:
    """The numbers that are drawn, with the classes' names; empty where these are the numbers."""
    named = zip(_labels(tables, dataset), class_names(tables, dataset), strict=True)
    drawn = list(named)[: len(palette.CLASS_COLORS)]
    pairs = [f"{label} {name}" for label, name in drawn if name != label]
    return f"{names.dataset_name(dataset)}: {', '.join(pairs)}" if pairs else ""


def _labels(tables: Tables, dataset: str) -> list[str]:
    """What is drawn of each class: its name if all are short, or else its number."""
    names_of = class_names(tables, dataset)
    is_short = all(len(name) <= SHORT for name in names_of)
    return list(names_of) if is_short else list(map(str, range(len(names_of))))


def _few(points: pd.DataFrame) -> pd.DataFrame:
    """The points of the losses that are drawn: the study's own and the primary pair first."""
    there = [loss for loss in losses(points) if loss != PLACEBO]
    order = sorted(there, key=lambda loss: loss not in (*OWN_LOSSES, REFERENCE, PRIMARY))
    return points[points["loss"].isin(order[:LOSSES])]


def _one_seed(tables: Tables) -> pd.DataFrame:
    """The points of each loss's first seed that survived."""
    points = tables["projections"]
    first = points.groupby([*COMPARISON, "loss"])["seed"].transform("min")
    return points[points["seed"] == first]


def _cloud(axes: Axes, points: pd.DataFrame, labels: Sequence[str]) -> None:
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
        axes.annotate(labels[label], middle, ha="center", va="center", fontsize=8, weight="bold")
    axes.autoscale_view()


def _most_compact(points: pd.DataFrame) -> LossName:
    """The loss whose projected classes scatter least, relative to the distance between them."""
    ratios = {}
    for loss, cloud in by_loss(points):
        within = cloud.groupby("label")[["x", "y"]].var().sum(axis=1).mean()
        between = cloud.groupby("label")[["x", "y"]].mean().var().sum()
        ratios[loss] = within / between
    return min(ratios, key=lambda loss: ratios[loss])
