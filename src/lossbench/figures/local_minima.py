"""Both losses on a handful of examples: contours and strict minima."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.contours import contours
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import by_loss, grid, heading, losses
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.theory.sigmoid import OUTPUT_LOSSES
from lossbench.words import names
from lossbench.words.numbers import count, join, number

TEMPLATE = "local_minima.j2"

available = filled("local_minima", "local_minima_examples", "local_minima_surfaces")


def draw(tables: Tables, _: Study) -> Figure:
    """Contours of both losses on the five examples, their minima marked."""
    surfaces = tables["local_minima_surfaces"]
    figure, axes = grid(1, len(losses(surfaces)), panel_height=3.0, sharey=True)
    for axis, (loss, rows) in zip(axes[0], by_loss(surfaces), strict=True):
        contours(axis, rows)
        found = tables["local_minima"].query("loss == @loss")
        for _index, row in found.iterrows():
            _minimum(axis, row, loss)
        heading(axis, names.loss_name(loss))
    return figure


def words(tables: Tables, _: Study) -> Words:
    """How many minima each loss has on the examples."""
    found = tables["local_minima"]
    squared, entropy = (found[found["loss"] == loss] for loss in OUTPUT_LOSSES)
    examples = count(len(tables["local_minima_examples"]), "example")
    minima = count(len(squared), "separate minimum", "separate minima")
    return {
        "title": f"On {examples} MSE has {minima}, cross-entropy {len(entropy)}",
        "values": join([number(value, 3) for value in squared["value"]]),
        "certified": bool(squared["certified"].all()),
    }


def _minimum(axes: Axes, row: pd.Series, loss: LossName) -> None:
    color = palette.loss_styles()[loss].color
    angle = np.linspace(0, 2 * np.pi, 61)
    axes.plot(row["weight"], row["bias"], **theme.mark_style(loss))
    axes.plot(
        row["weight"] + row["radius"] * np.cos(angle),
        row["bias"] + row["radius"] * np.sin(angle),
        color=color,
        linewidth=0.8,
    )
    axes.annotate(
        number(row["value"], 3),
        (row["weight"] + row["radius"], row["bias"]),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color=color,
    )
