"""Which classes are taken for which: matrices of the primary pair, and where they differ."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lossbench.cards.loss import REFERENCE
from lossbench.figures import palette
from lossbench.figures.classes import class_labels, class_names
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import focus, grid, heading, losses, places, subheading
from lossbench.study.config import Study
from lossbench.study.fields import DatasetName, LossName
from lossbench.tables.runs import CLASSES
from lossbench.words import names, numbers

TEMPLATE = "confusion.j2"

Matrix = NDArray[np.float64]

SHADES = 6
"""Steps of colour, from a trace to the panel's largest share."""

available = filled("confusion")


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: the reference, the loss in focus, and their difference."""
    counts = tables["confusion"]
    shown, pair = places(counts, study), _pair(counts)
    columns = len(pair) + (len(pair) == 2)
    figure, axes = grid(len(shown), columns, panel_height=2.15)
    for line, place in zip(axes, shown, strict=True):
        heading(line[0], place.heading, above=12)
        matrices = [_confusions(place.rows(counts), loss) for loss in pair]
        most = max(float(matrix.max()) for matrix in matrices)
        for panel, loss, matrix in zip(line, pair, matrices, strict=False):
            _cells(panel, matrix, most, loss)
            subheading(panel, names.loss_name(loss), color=palette.loss_styles()[loss].color)
        if len(pair) == 2:
            _difference(line[2], matrices[1] - matrices[0], pair)
        for panel in line:
            _frame(panel, class_labels(tables, place.dataset), first=panel is line[0])
    for panel in axes[-1]:
        panel.set_xlabel("predicted class")
    return figure


def words(tables: Tables, study: Study) -> Words:
    """The largest confusion of the loss in focus on each data set."""
    counts = tables["confusion"]
    loss = _pair(counts)[-1]
    worst: dict[DatasetName, tuple[float, str]] = {}
    for place in places(counts, study):
        matrix = _confusions(place.rows(counts), loss)
        label, predicted = np.unravel_index(int(matrix.argmax()), matrix.shape)
        share, classes = float(matrix.max()), class_names(tables, place.dataset)
        said = f"{classes[label]} for {classes[predicted]} on {place.heading}"
        found = (share, f"{said} ({numbers.percent(share, 1)})")
        worst[place.dataset] = max(worst.get(place.dataset, found), found)
    listed = numbers.join([said for _, said in worst.values()])
    return {"title": f"What {names.in_sentence(loss)} confuses most: {listed}"}


def _pair(counts: pd.DataFrame) -> list[LossName]:
    loss = focus(counts)
    found: list[LossName] = [REFERENCE] if REFERENCE in losses(counts) else []
    return [*found, *([loss] if loss else [])]


def _confusions(counts: pd.DataFrame, loss: LossName) -> Matrix:
    """Mean over runs of the share of each label (row) taken for each other class (column)."""
    mine = counts[counts["loss"] == loss]
    matrix = np.zeros((CLASSES, CLASSES))
    np.add.at(matrix, (mine["label"], mine["predicted"]), mine["count"])
    totals = matrix.sum(axis=1, keepdims=True)
    shares: Matrix = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    np.fill_diagonal(shares, 0.0)
    return shares


def _cells(axes: Axes, matrix: Matrix, most: float, loss: LossName) -> None:
    """Shade what is positive by its square root, up to `most`."""
    color = palette.loss_styles()[loss].color
    sns.heatmap(
        np.ceil(SHADES * np.sqrt(np.clip(matrix, 0, None) / max(most, 1e-12))),
        mask=matrix <= 0,
        cmap=ListedColormap([(color, shade / SHADES) for shade in range(1, SHADES + 1)]),
        vmin=0.5,
        vmax=SHADES + 0.5,
        cbar=False,
        square=True,
        ax=axes,
    )


def _difference(axes: Axes, matrix: Matrix, pair: Sequence[LossName]) -> None:
    most = float(np.abs(matrix).max())
    _cells(axes, matrix, most, pair[1])
    _cells(axes, -matrix, most, pair[0])
    subheading(axes, "which errs more")


def _frame(axes: Axes, classes: list[str], *, first: bool) -> None:
    axes.plot([0, CLASSES], [0, CLASSES], color=palette.RULE.light, linewidth=0.8)
    axes.spines[["left", "bottom"]].set_visible(True)
    axes.grid(visible=False)
    axes.tick_params(length=0, labelsize=6.5)
    is_long = max(map(len, classes)) > 2
    middles = np.arange(CLASSES) + 0.5
    axes.set_xticks(middles, classes, rotation=90 if is_long else 0)
    axes.set_yticks(middles, classes if first else [], rotation=0)
    axes.set_ylabel("true class" if first else "")
