"""Test images on which two losses disagree in every seed."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis import gallery
from lossbench.figures.classes import class_labels
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import (
    by_loss,
    grid,
    heading,
    losses,
    main_of_datasets,
    subheading,
)
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words import names, numbers

TEMPLATE = "disagreements.j2"


def available(tables: Tables) -> bool:
    """Whether there are such images, as pictures."""
    return filled("gallery")(tables) and len(_pictured(tables["gallery"])) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison and direction: the images, their class, and the wrong answer."""
    rows = _pictured(tables["gallery"])
    groups = [
        (place, right, mine)
        for place in main_of_datasets(rows, study)
        for right, mine in by_loss(place.rows(rows).assign(loss=rows["right"]))
    ]
    figure, axes = grid(len(groups), gallery.SHOWN, panel_height=1.45)
    for line, (place, right, mine) in zip(axes, groups, strict=True):
        for panel in line:
            panel.set(xticks=[], yticks=[], frame_on=False, anchor="NW")
        heading(line[0], place.heading, above=12)
        subheading(line[0], _counted(right, mine))
        for panel, row in zip(line, mine.itertuples(), strict=False):
            _picture(panel, row, class_labels(tables, place.dataset))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """On how many data sets one loss alone is right more often than the other alone."""
    rows = _pictured(tables["gallery"])
    shown = main_of_datasets(rows, study)
    totals = [place.rows(rows).groupby("right")["total"].first() for place in shown]
    pair = losses(rows.assign(loss=rows["right"]))
    more = sum(int(total.get(pair[0], 0) > total.get(pair[-1], 0)) for total in totals)
    return {
        "title": f"{names.loss_name(pair[0])} alone is right more often on {more}"
        f" of {numbers.count(len(shown), 'data set')}"
        if len(pair) > 1
        else f"Test images that only {names.in_sentence(pair[0])} gets right",
        "shown": gallery.SHOWN,
    }


def _counted(right: LossName, rows: pd.DataFrame) -> str:
    """How many images only this loss gets right, and how many would be so by chance."""
    first = rows.iloc[0]
    return (
        f"only {names.in_sentence(right)} is right on {numbers.count(first.total, 'image')} "
        f"({numbers.number(first.by_chance, 1)} by chance)"
    )


def _pictured(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["png"] != ""]


def _picture(axes: Axes, row: Any, classes: list[str]) -> None:
    image = gallery.pixels(row.png)
    axes.imshow(image, cmap="gray" if image.ndim == 2 else None, interpolation="none")
    label, predicted = classes[row.label], classes[row.predicted]
    axes.set_xlabel(f"{label}\nnot {predicted}", fontsize=8, labelpad=2)
