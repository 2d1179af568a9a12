"""Which line is which loss: names at the ends of lines, or a legend above the panels."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from lossbench.figures import palette, theme
from lossbench.study.fields import LossName
from lossbench.words import names

LETTER, HANDLE = 4.6, 40.0
"""Points that a letter of a name takes, and all else of an entry."""


def legend(figure: Figure, shown: Sequence[LossName], *, lines: bool = True) -> None:
    """A row of the losses above the panels, where labels at the lines would collide."""
    width = sum(HANDLE + LETTER * len(names.loss_name(loss)) for loss in shown)
    rows = max(1, math.ceil(width / (72 * theme.WIDTH)))
    handles = []
    for loss in shown:
        style = palette.loss_styles()[loss]
        dash: Any = style.dash if lines else "none"
        marker = "none" if lines else style.marker
        handles.append(Line2D([], [], color=style.color, linestyle=dash, marker=marker))
    figure.legend(
        handles,
        [names.loss_name(loss) for loss in shown],
        loc="outside upper left",
        ncols=-(-len(shown) // rows),
        handlelength=2.2 if lines else 1.0,
        columnspacing=1.4,
        labelcolor="linecolor",
    )


def label_ends(figure: Figure, ends: Mapping[Axes, Mapping[LossName, float]]) -> None:
    """Name each loss right of its axes at the height that `ends` gives it, none over another.

    Call when all limits are final.
    """
    labels = {
        axes: [_label(axes, loss, y) for loss, y in heights.items() if np.isfinite(y)]
        for axes, heights in ends.items()
    }
    if engine := figure.get_layout_engine():
        engine.execute(figure)  # the panels' heights on the page say how far apart names must be
    for axes, mine in labels.items():
        texts = sorted(mine, key=lambda text: text.xy[1])
        height = axes.get_window_extent().height / figure.dpi * 72
        gap = 10.0 / max(height, 1.0)
        for text, y in zip(texts, spread_apart([t.xy[1] for t in texts], gap), strict=True):
            text.xy = (1, y)


def spread_apart(positions: Sequence[float], gap: float) -> list[float]:
    """Sorted positions in [0, 1], moved as little as needed to lie `gap` apart.

    They stay in [0, 1] as long as they fit there.
    """
    groups = [[position] for position in positions]
    index = 0
    while index < len(groups) - 1:
        if min(_spread(groups[index + 1], gap)) - max(_spread(groups[index], gap)) >= gap - 1e-12:
            index += 1
        else:
            groups[index] += groups.pop(index + 1)
            index = max(0, index - 1)
    return [position for group in groups for position in _spread(group, gap)]


def _label(axes: Axes, loss: LossName, y: float) -> Annotation:
    fraction = axes.transAxes.inverted().transform(axes.transData.transform((1, y)))[1]
    # A line may end off the panel; its label there would take all room from the layout.
    return axes.annotate(
        names.loss_name(loss),
        (1, float(np.clip(fraction, 0, 1))),
        xycoords="axes fraction",
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=palette.loss_styles()[loss].color,
    )


def _spread(group: Sequence[float], gap: float) -> list[float]:
    """A group's positions, `gap` apart around their mean, inside [0, 1] where they fit."""
    half = gap * (len(group) - 1) / 2
    center = float(np.mean(group))
    center = min(max(center, half), 1 - half) if half <= 0.5 else 0.5
    return [center - half + gap * number for number in range(len(group))]
