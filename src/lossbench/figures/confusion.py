"""Which classes are taken for which: matrices of the primary pair, and where they differ.

Of many classes, the pairs that are confused most.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lossbench.analysis.class_errors import (
    SHOWN,
    agreed_differences,
    confusions,
    most_confused,
)
from lossbench.cards.loss import REFERENCE
from lossbench.figures import palette, theme
from lossbench.figures.axes import percent_axis
from lossbench.figures.classes import class_labels
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import (
    by_loss,
    focus,
    grid,
    heading,
    losses,
    main_of_datasets,
    subheading,
)
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.rows import class_names
from lossbench.words import names, numbers
from lossbench.words.places import Place

TEMPLATE = "confusion.j2"

Matrix = NDArray[np.float64]

SHADES = 6
"""Steps of colour, from a trace to the panel's largest share."""

PAIRS = 12
"""Of classes, in a panel of those that are confused most."""

available = filled("confusion")


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: the reference, the loss in focus, and their difference.

    Of more than SHOWN classes: the pairs of classes that either loss confuses most.
    """
    counts = tables["confusion"]
    found, pair = confusions(counts), _pair(counts)
    shown = main_of_datasets(counts, study)
    figure, axes = grid(len(shown), len(pair) + (len(pair) == 2), panel_height=2.15)
    for line, place in zip(axes, shown, strict=True):
        labels = class_labels(tables, place.dataset)
        mine = place.rows(found)
        if len(labels) > SHOWN:
            _pairs(_one_panel(line), place, mine[mine["loss"].isin(pair)], labels)
        else:
            _matrices(line, place, mine, pair, labels)
            if len(pair) == 2:
                differing = agreed_differences(place.rows(counts), pair[1], pair[0])
                _difference(line[2], differing, pair, labels)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """The largest confusion of the loss in focus."""
    found, loss = confusions(tables["confusion"]), _pair(tables["confusion"])[-1]
    mine = found[found["loss"] == loss]
    drawn = [(place, place.rows(mine)) for place in main_of_datasets(mine, study)]
    told = "none"
    if drawn:
        place, rows = max(drawn, key=lambda each: each[1]["share"].max())
        worst, classes = rows.loc[rows["share"].idxmax()], class_names(tables, place.dataset)
        told = f"{classes[worst['label']]} for {classes[worst['predicted']]}"
        told += f" on {names.dataset_name(place.dataset)} ({numbers.percent(worst['share'], 1)})"
    counts = [len(class_names(tables, each.dataset)) for each in study.comparisons]
    return {
        "title": f"What {names.in_sentence(loss)} confuses most: {told}",
        "few": min(counts) <= SHOWN,
        "many": max(counts) > SHOWN,
        "shown": SHOWN,
        "pairs": PAIRS,
    }


def _pair(counts: pd.DataFrame) -> list[LossName]:
    loss = focus(counts)
    found: list[LossName] = [REFERENCE] if REFERENCE in losses(counts) else []
    return [*found, *([loss] if loss else [])]


def _matrices(
    line: NDArray[np.object_],
    place: Place,
    found: pd.DataFrame,
    pair: Sequence[LossName],
    labels: list[str],
) -> None:
    heading(line[0], place.heading, above=12)
    matrices = [_matrix(found[found["loss"] == loss], len(labels)) for loss in pair]
    most = max(float(matrix.max()) for matrix in matrices)
    for panel, loss, matrix in zip(line, pair, matrices, strict=False):
        _cells(panel, matrix, most, loss)
        subheading(panel, names.loss_name(loss), color=palette.loss_styles()[loss].color)
        _frame(panel, labels, first=panel is line[0])


def _matrix(found: pd.DataFrame, classes: int, value: str = "share") -> Matrix:
    """The `value` of each label (row) and class that it was taken for (column)."""
    matrix = np.zeros((classes, classes))
    matrix[found["label"], found["predicted"]] = found[value]
    return matrix


def _one_panel(line: NDArray[np.object_]) -> Axes:
    """The panels of a row made one."""
    first, spec = line[0], line[0].get_subplotspec()
    for panel in line[1:]:
        panel.remove()
    first.set_subplotspec(spec.get_gridspec()[spec.rowspan.start, :])
    return cast(Axes, first)


def _pairs(axes: Axes, place: Place, found: pd.DataFrame, labels: list[str]) -> None:
    """A row for each of the pairs of classes that some loss confuses most, a mark for each loss."""
    heading(axes, place.heading)
    order = {pair: row for row, pair in enumerate(most_confused(found)[:PAIRS])}
    for loss, mine in by_loss(found):
        shares = mine.set_index(["label", "predicted"])["share"].reindex(list(order), fill_value=0)
        look: dict[str, Any] = {
            "color": theme.colors()[loss],
            "marker": theme.markers()[loss],
            "linestyle": "none",
        }
        axes.plot(shares, list(order.values()), label=names.loss_name(loss), markersize=4, **look)
    axes.set_yticks(
        list(order.values()),
        [f"{labels[label]} for {labels[predicted]}" for label, predicted in order],
        fontsize=8,
    )
    axes.invert_yaxis()
    axes.grid(visible=False)
    above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0, "ncols": 2}
    axes.legend(labelcolor="linecolor", **above)  # marks lie anywhere in the panel
    axes.set_xlabel("share of the class taken for the other")
    percent_axis(axes.xaxis, log=False)


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


def _difference(
    axes: Axes, found: pd.DataFrame, pair: Sequence[LossName], labels: list[str]
) -> None:
    """Where all replicates agree which of the two errs more, in that one's colour."""
    matrix = _matrix(found, len(labels), "difference")
    most = float(np.abs(matrix).max())
    _cells(axes, matrix, most, pair[1])
    _cells(axes, -matrix, most, pair[0])
    up_to = f"errs more, by ≤{numbers.NO_BREAK}{numbers.points(most, toward=1).lstrip('+')}"
    subheading(axes, up_to if most else "replicates disagree")
    _frame(axes, labels, first=False)


def _frame(axes: Axes, classes: list[str], *, first: bool) -> None:
    axes.plot([0, len(classes)], [0, len(classes)], color=palette.RULE.light, linewidth=0.8)
    axes.spines[["left", "bottom"]].set_visible(True)
    axes.grid(visible=False)
    axes.tick_params(length=0, labelsize=8)
    is_long = max(map(len, classes)) > 2
    middles = np.arange(len(classes)) + 0.5
    axes.set_xticks(middles, classes, rotation=90 if is_long else 0)
    axes.set_yticks(middles, classes if first else [], rotation=0)
    axes.set(xlabel="predicted class", ylabel="true class" if first else "")
