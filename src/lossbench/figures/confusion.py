"""Which classes are taken for which: matrices of the primary pair, and where they differ."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from lossbench.cards.loss import REFERENCE
from lossbench.figures import palette, theme
from lossbench.figures.layout import focus, losses, places
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import DatasetName, LossName
from lossbench.tables.runs import CLASSES
from lossbench.words import names, numbers
from lossbench.words.places import Place

Matrix = NDArray[np.float64]

SHADES = 6
"""Steps of colour, from a trace to the panel's largest share."""


def _draw(tables: Tables, study: Study) -> Figure:
    """A row for each network: the reference, the loss in focus, and their difference."""
    counts = tables["confusion"]
    shown, pair = places(counts, study), _pair(counts)
    columns = len(pair) + (len(pair) == 2)
    figure, axes = theme.panels(len(shown), columns, panel_height=2.15)
    for line, place in zip(axes, shown, strict=True):
        theme.heading(line[0], place.heading, above=12)
        matrices = [_shares(place.rows(counts), loss) for loss in pair]
        most = max(float(_off_diagonal(matrix).max()) for matrix in matrices)
        for panel, loss, matrix in zip(line, pair, matrices, strict=False):
            _cells(panel, _off_diagonal(matrix), most, loss)
            theme.subheading(panel, names.loss_name(loss))
        if len(pair) == 2:
            _difference(line[2], _off_diagonal(matrices[1] - matrices[0]), pair)
        for panel in line:
            _frame(panel, place, first=panel is line[0])
    for panel in axes[-1]:
        panel.set_xlabel("predicted class")
    return figure


def _describe(tables: Tables, study: Study) -> Description:
    counts = tables["confusion"]
    pair = _pair(counts)
    finding = _finding(counts, places(counts, study), pair[-1])
    return Description(
        title=finding,
        subtitle=(
            "Share of each true class (rows) taken for another class (columns), mean over seeds; "
            "correct predictions are left out. The stronger the colour, the more. Right: where one "
            "loss errs more than the other, in its colour."
        ),
        alt=f"Confusion matrices without their diagonals. {finding}.",
        caption=(
            "Shades are scaled to the largest confusion in a row of panels, and on their own in "
            "the panel of differences."
        ),
    )


def _pair(counts: pd.DataFrame) -> list[LossName]:
    loss = focus(counts)
    found: list[LossName] = [REFERENCE] if REFERENCE in losses(counts) else []
    return [*found, *([loss] if loss else [])]


def _shares(counts: pd.DataFrame, loss: LossName) -> Matrix:
    """Mean over runs of the share of each label (row) predicted as each class (column)."""
    mine = counts[counts["loss"] == loss]
    matrix = np.zeros((CLASSES, CLASSES))
    np.add.at(matrix, (mine["label"], mine["predicted"]), mine["count"])
    totals = matrix.sum(axis=1, keepdims=True)
    shares: Matrix = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    return shares


def _off_diagonal(matrix: Matrix) -> Matrix:
    return np.where(np.eye(CLASSES, dtype=bool), 0.0, matrix)


def _cells(axes: Axes, matrix: Matrix, most: float, loss: LossName) -> None:
    """Squares shaded by the square root of their value, one path a shade to keep the file small."""
    level = np.ceil(SHADES * np.sqrt(np.clip(matrix, 0, None) / max(most, 1e-12))).astype(int)
    for shade in range(1, SHADES + 1):
        rows, columns = np.nonzero(level == shade)
        if len(rows):
            squares = Path.make_compound_path(
                *[
                    Path(_SQUARE + np.array([column, row]), closed=True)
                    for row, column in zip(rows, columns, strict=True)
                ]
            )
            color = palette.LOSS_STYLES[loss].color
            axes.add_patch(PathPatch(squares, color=color, alpha=shade / SHADES, linewidth=0))


def _difference(axes: Axes, matrix: Matrix, pair: Sequence[LossName]) -> None:
    most = float(np.abs(matrix).max())
    _cells(axes, matrix, most, pair[1])
    _cells(axes, -matrix, most, pair[0])
    theme.subheading(axes, "which errs more")


def _frame(axes: Axes, place: Place, *, first: bool) -> None:
    classes = names.class_names(place.dataset, CLASSES)
    axes.set(xlim=(-0.5, CLASSES - 0.5), ylim=(CLASSES - 0.5, -0.5), aspect="equal")
    axes.plot([-0.5, CLASSES - 0.5], [-0.5, CLASSES - 0.5], color=palette.RULE.light, linewidth=0.8)
    axes.grid(visible=False)
    axes.tick_params(length=0, labelsize=6.5)
    is_long = max(map(len, classes)) > 2
    axes.set_xticks(range(CLASSES), classes, rotation=90 if is_long else 0)
    axes.set_yticks(range(CLASSES), classes if first else [])
    if first:
        axes.set_ylabel("true class")


def _finding(counts: pd.DataFrame, shown: Sequence[Place], loss: LossName) -> str:
    """The largest confusion of the loss on each data set."""
    worst: dict[DatasetName, tuple[float, str]] = {}
    for place in shown:
        matrix = _off_diagonal(_shares(place.rows(counts), loss))
        label, predicted = np.unravel_index(int(matrix.argmax()), matrix.shape)
        share, classes = float(matrix.max()), names.class_names(place.dataset)
        words = f"{classes[label]} for {classes[predicted]} on {place.heading}"
        found = (share, f"{words} ({numbers.percent(share, 1)})")
        worst[place.dataset] = max(worst.get(place.dataset, found), found)
    listed = numbers.join([words for _, words in worst.values()])
    return f"What {names.in_sentence(loss)} confuses most: {listed}"


_SQUARE = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5)])

CONFUSION_FIGURES: dict[str, FigureSpec] = {
    "confusion": FigureSpec(
        "confusion",
        section="final-error",
        draw=_draw,
        describe=_describe,
        sources=("confusion",),
        available=filled("confusion"),
    ),
}
"""The figure of confusions."""
