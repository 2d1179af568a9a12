"""Test images on which two losses disagree in every seed."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis import gallery
from lossbench.figures import theme
from lossbench.figures.layout import by_loss, places, records
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.words import names, numbers
from lossbench.words.places import Place


def _draw(tables: Tables, study: Study) -> Figure:
    """A row for each network and direction: the images, their class, and the wrong answer."""
    rows = _pictured(tables["gallery"])
    groups = [
        (place, right, mine)
        for place in places(rows, study)
        for right, mine in by_loss(place.rows(rows).assign(loss=rows["right"]))
    ]
    figure, axes = theme.panels(len(groups), gallery.SHOWN, panel_height=1.3)
    for line, (place, right, mine) in zip(axes, groups, strict=True):
        for panel in line:
            panel.set(xticks=[], yticks=[], frame_on=False, anchor="NW")
        title = f"{place.heading}: only {names.in_sentence(right)} is right"
        theme.heading(line[0], title)
        for panel, row in zip(line, records(mine), strict=False):
            _picture(panel, place, row)
    return figure


def _describe(tables: Tables, _study: Study) -> Description:
    rows = tables["gallery"]
    title = _finding(rows)
    return Description(
        title=title,
        subtitle=(
            "Test images that one loss gets right in every seed and the other in none. Under "
            "each: the true class, and what the wrong loss predicts most often."
        ),
        alt=f"Small test images in rows. {title}.",
        caption=(
            f"Of each kind the first {gallery.SHOWN} of the test set are shown; an image counts "
            "once for each network. The fewer seeds, "
            "the more of such images differ by chance alone."
        ),
    )


def _pictured(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["png"] != ""]


def _picture(axes: Axes, place: Place, row: Any) -> None:
    image = gallery.pixels(row.png)
    axes.imshow(image, cmap="gray" if image.ndim == 2 else None, interpolation="none")
    classes = names.class_names(place.dataset)
    label, predicted = classes[row.label], classes[row.predicted]
    axes.set_xlabel(f"{label}\nnot {predicted}", fontsize=7, labelpad=2)


def _finding(rows: pd.DataFrame) -> str:
    first = rows.drop_duplicates(["dataset", "model", "right"])
    totals = {
        right: int(mine["total"].sum())
        for right, mine in by_loss(first.assign(loss=first["right"]))
    }
    parts = [
        f"{numbers.count(total, 'test image')} only with {names.in_sentence(right)}"
        for right, total in totals.items()
    ]
    return f"Right in every seed: {numbers.join(parts)}"


GALLERY_FIGURES: dict[str, FigureSpec] = {
    "gallery": FigureSpec(
        "gallery",
        section="final-error",
        draw=_draw,
        describe=_describe,
        sources=("gallery",),
        available=lambda tables: (
            filled("gallery")(tables) and len(_pictured(tables["gallery"])) > 0
        ),
    ),
}
"""The figure of images that tell the losses apart."""
