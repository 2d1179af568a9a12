"""Test images on which two losses disagree in every seed."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis import gallery
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import by_loss, grid, heading, places, records
from lossbench.study.config import Study
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers
from lossbench.words.places import Place

TEMPLATE = "disagreements.j2"


def available(tables: Tables) -> bool:
    """Whether there are such images, as pictures."""
    return filled("gallery")(tables) and len(_pictured(tables["gallery"])) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison and direction: the images, their class, and the wrong answer."""
    rows = _pictured(tables["gallery"])
    groups = [
        (place, right, mine)
        for place in places(rows, study)
        for right, mine in by_loss(place.rows(rows).assign(loss=rows["right"]))
    ]
    figure, axes = grid(len(groups), gallery.SHOWN, panel_height=1.3)
    for line, (place, right, mine) in zip(axes, groups, strict=True):
        for panel in line:
            panel.set(xticks=[], yticks=[], frame_on=False, anchor="NW")
        heading(line[0], f"{place.heading}: only {names.in_sentence(right)} is right")
        for panel, row in zip(line, records(mine), strict=False):
            _picture(panel, place, row)
    return figure


def words(tables: Tables, _study: Study) -> Words:
    """How many images each loss alone gets right."""
    first = tables["gallery"].drop_duplicates([*COMPARISON, "right"])
    totals = {
        right: int(mine["total"].sum())
        for right, mine in by_loss(first.assign(loss=first["right"]))
    }
    parts = [
        f"{numbers.count(total, 'test image')} only with {names.in_sentence(right)}"
        for right, total in totals.items()
    ]
    return {"title": f"Right in every seed: {numbers.join(parts)}", "shown": gallery.SHOWN}


def _pictured(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["png"] != ""]


def _picture(axes: Axes, place: Place, row: Any) -> None:
    image = gallery.pixels(row.png)
    axes.imshow(image, cmap="gray" if image.ndim == 2 else None, interpolation="none")
    classes = names.class_names(place.dataset)
    label, predicted = classes[row.label], classes[row.predicted]
    axes.set_xlabel(f"{label}\nnot {predicted}", fontsize=7, labelpad=2)
