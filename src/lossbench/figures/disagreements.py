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
    """Which loss alone is right on the images shown, and the data sets without such an image."""
    rows = _pictured(tables["gallery"])
    shown = main_of_datasets(rows, study)
    drawn = pd.concat([place.rows(rows) for place in shown])
    there = {place.dataset for place in shown}
    absent = {each.dataset: None for each in study.comparisons if each.dataset not in there}
    return {
        "title": _kinds(drawn),
        "shown": gallery.SHOWN,
        "absent": numbers.join([names.dataset_name(name) for name in absent]) if absent else "",
    }


def _kinds(rows: pd.DataFrame) -> str:
    """Of which kind the images shown are: which loss is right on them, and which never."""
    right, wrong = (losses(rows.assign(loss=rows[side])) for side in ("right", "wrong"))
    told = " or ".join(map(names.in_sentence, right))
    if len(right) > 1:
        return f"Test images that {told} always gets right, the other never"
    return f"Test images that {told} always gets right and {names.in_sentence(wrong[0])} never"


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
