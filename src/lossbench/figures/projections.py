"""A view of the last hidden layer: test images of each class, projected to two dimensions."""

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
from lossbench.figures.panels import by_loss, grid, heading, losses, main, places, subheading
from lossbench.study.config import Study
from lossbench.tables.rows import class_names
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers
from lossbench.words.places import Place

TEMPLATE = "projections.j2"

LOSSES = 4
"""At most so many are drawn, one beside the other."""
SHORT = 2
"""Characters of a class's name that fit among its points."""
PER_CLASS = 25
"""Points drawn of each class; the table holds them all."""

available = filled("projections")


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each of few losses: the features of one seed, in the first comparison."""
    place, points = _drawn(tables, study)
    figure, axes = grid(1, LOSSES, panel_height=1.45)
    for panel in axes[0]:
        panel.set_axis_off()
    heading(axes[0, 0], place.heading, above=12)
    for panel, (loss, cloud) in zip(axes[0], by_loss(points), strict=False):
        if panel is not axes[0, 0]:
            panel.set_title(" ", loc="left")
        _cloud(panel, cloud, _labels(tables, place.dataset))
        subheading(panel, names.loss_name(loss), color=palette.loss_styles()[loss].color)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """What is shown. How compact classes look here is no finding: the measures of features are."""
    place, points = _drawn(tables, study)
    shown = numbers.count(len(losses(points)), "loss")
    return {
        "title": f"The features of {shown} on {place.in_sentence}, in two dimensions",
        "per_class": PER_CLASS,
        "key": _key(tables, place.dataset),
    }


def _drawn(tables: Tables, study: Study) -> tuple[Place, pd.DataFrame]:
    """The first network's comparison, and there the points of the losses that are drawn."""
    points = _one_seed(tables)
    place = (main(points, study) or places(points, study))[0]
    return place, _few(place.rows(points))


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
