"""Contrasts as a forest: one row a loss, its value, interval, and the band of equivalence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, panels, theme
from lossbench.figures.axes import plain_axis
from lossbench.figures.hover import say
from lossbench.study.fields import LossName
from lossbench.words import names, numbers
from lossbench.words.places import Place

ROW = 0.2
"""Height of a row in inches."""
ABOVE = 0.42
"""Height of a panel's heading and axis, in inches."""
BOUNDS = {"": "{}", "at least": "≥ {}", "at most": "≤ {}", "within the budget": "({})"}
"""How a ratio is written that is no whole one, for a side or both miss levels."""


@dataclass(frozen=True)
class Scale:
    """How one forest's axis reads."""

    center: float
    """Where the loss equals the reference."""
    log: bool
    limits: tuple[float, float]
    fmt: Callable[[Any], str]
    """Writes beside the row what its contrast says."""


def grid(
    orders: Sequence[Sequence[object]], columns: int = 2, **options: Any
) -> tuple[Figure, np.ndarray]:
    """A line of panels for each order of rows, as high as these need."""
    counts = [len(order) for order in orders]
    height = ABOVE + ROW * float(np.mean(counts))
    options |= {"sharey": "row", "height_ratios": counts}
    return panels.grid(len(orders), columns, panel_height=height, **options)


def difference_limits(rows: pd.DataFrame, held: LossName | None = None) -> tuple[float, float]:
    """Limits that keep the band and most intervals readable; what lies beyond gets an arrow.

    Of the loss `held` nothing does.
    """
    farthest = rows[["value", "ci_low", "ci_high"]].abs().max(axis=1)
    ends, kept = farthest.dropna(), farthest[rows["loss"] == held].dropna()
    margin = rows["margin"].max()
    least = 3 * margin if np.isfinite(margin) else 0.0
    most = float(ends.max()) if len(ends) else 0.01
    reach = min(most, max(4 * float(ends.median()) if len(ends) else 0.0, least))
    reach = max(reach, least / 2, 1e-6, *kept) * 1.1
    return -reach, reach


def ratio_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """The same on a log axis around 1."""
    seen = rows[["value", "ci_low", "ci_high"]]
    logs = seen.where((seen > 0) & np.isfinite(seen)).transform(np.log)
    ends = logs.abs().max(axis=1).dropna()
    most = float(ends.max()) if len(ends) else 0.0
    reach = max(np.log(1.5), min(most, 3 * float(ends.median()) if len(ends) else 0.0)) * 1.08
    return float(np.exp(-reach)), float(np.exp(reach))


def set_rows(axes: Axes, order: Sequence[object]) -> None:
    """Make room for a row for each of `order`, the first on top at height 0."""
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)


def name_rows(axes: Axes, order: Sequence[LossName]) -> None:
    """Name the losses at the left of their rows, each in its colour."""
    axes.set_yticks(range(len(order)), [names.loss_name(loss) for loss in order])
    for loss, label in zip(order, axes.get_yticklabels(), strict=True):
        label.set_color(palette.loss_styles()[loss].color)


def two_in_a_line(
    shown: Sequence[Place], rows: pd.DataFrame, label: str
) -> tuple[Figure, list[tuple[Axes, Place, list[LossName]]]]:
    """A figure with a headed panel for each place, and the losses that have a row there.

    `label`: of the lowest axes.
    """
    lines = [shown[at : at + 2] for at in range(0, len(shown), 2)]
    orders = [panels.losses(pd.concat([place.rows(rows) for place in line])) for line in lines]
    figure, axes = grid(orders, columns=len(lines[0]))
    found = []
    for row, line, order in zip(axes, lines, orders, strict=True):
        for panel, place in zip(row, line, strict=False):
            panels.place_heading(panel, place)
            panel.set_xlabel(label if line is lines[-1] else "")
            found.append((panel, place, order))
        name_rows(row[0], order)
        for panel in row[len(line) :]:
            panel.set_axis_off()
    return figure, found


def draw(axes: Axes, rows: pd.DataFrame, order: Sequence[LossName], scale: Scale) -> None:
    """Draw the rows of one place, the first loss of `order` on top."""
    draw_rows(axes, rows, [order.index(loss) for loss in rows["loss"]], scale)
    set_rows(axes, order)


def draw_rows(axes: Axes, rows: pd.DataFrame, heights: Sequence[int], scale: Scale) -> None:
    """Draw each of the rows at its height."""
    if scale.log:
        axes.set_xscale("log")
    axes.set_xlim(*scale.limits)
    axes.spines["left"].set_visible(False)
    _band(axes, rows, heights, scale)
    axes.axvline(scale.center, color=palette.MUTED.light, linewidth=0.8, zorder=1)
    for row, height in zip(rows.itertuples(), heights, strict=True):
        _row(axes, row, height, scale)
    if scale.log:
        plain_axis(axes.xaxis, log=True, unit="×")
    else:
        plain_axis(axes.xaxis, log=False, scale=100)


def differences(rows: pd.DataFrame, held: LossName | None = None) -> Scale:
    """The scale of differences in test error, in percentage points; all of `held` is on it."""
    return Scale(0.0, False, difference_limits(rows, held), _points)


def ratios(rows: pd.DataFrame) -> Scale:
    """The scale of ratios of steps; as bounds where one of two losses missed levels of error."""
    return Scale(1.0, True, ratio_limits(rows), _ratio)


def _points(row: Any) -> str:
    return "no value" if np.isnan(row.value) else numbers.points(row.value)


def _ratio(row: Any) -> str:
    if np.isnan(row.value):
        missing = np.isnan(row.reach)
        return "no value" if missing else f"reaches {numbers.percent(row.reach, 0)}"
    value = numbers.ratio(row.value, toward=numbers.OUTWARD.get(row.bound, 0))
    return BOUNDS[row.bound].format(value)


def _band(axes: Axes, rows: pd.DataFrame, heights: Sequence[int], scale: Scale) -> None:
    """The band of equivalence, as wide at each row as that row's margin."""
    widths = pd.Series(rows["margin"].to_numpy(), index=list(heights)).dropna().sort_index()
    if widths.empty:
        return
    # It changes halfway between rows, and goes on above the first and below the last.
    ends = widths[(widths != widths.shift()) | (widths != widths.shift(-1))]
    at = ends.index.to_numpy(float)
    edges = [at[0] - 1, *(at[1:] + at[:-1]) / 2, at[-1] + 1]
    y, width = np.repeat(edges, 2)[1:-1], np.repeat(ends.to_numpy(), 2)
    low, high = (1 / (1 + width), 1 + width) if scale.log else (-width, width)
    x = [*high, *low[::-1]]
    axes.fill(x, [*y, *y[::-1]], color=palette.BAND.light, linewidth=0, zorder=0)


def _row(axes: Axes, row: Any, y: int, scale: Scale) -> None:
    look = theme.mark_style(row.loss, 5)
    left, right = scale.limits
    axes.annotate(
        scale.fmt(row),
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=look["color"],
    )
    low, high = row.ci_low, row.ci_high
    if np.isfinite(low) and np.isfinite(high) and high > left and low < right:
        ends = [max(low, left), min(high, right)]
        axes.plot(ends, [y, y], color=look["color"], linewidth=1.6)
    if not np.isfinite(row.value):
        return
    if not left <= row.value <= right:
        look["marker"] = ">" if row.value > right else "<"
    if row.verdict in ("undecided", "not measurable"):
        look |= theme.HOLLOW
    (mark,) = axes.plot(np.clip(row.value, left, right), y, **look, clip_on=False, zorder=3)
    write = numbers.ratio if scale.log else numbers.points
    interval = "" if np.isnan(low) else f" ({numbers.span((low, high), write)})"
    say(mark, scale.fmt(row) + interval)
