"""Contrasts as a forest: one row a loss, its value, interval, and the band of equivalence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.study.fields import LossName
from lossbench.words import names, numbers

ROW = 0.2
"""Height of a row in inches."""
ABOVE = 0.42
"""Height of a panel's heading and axis, in inches."""


@dataclass(frozen=True)
class Scale:
    """How one forest's axis reads."""

    center: float
    """Where the loss equals the reference."""
    log: bool
    limits: tuple[float, float]
    fmt: Callable[[Any], str]
    """Writes beside the row what its contrast says."""


def panels(
    orders: Sequence[Sequence[LossName]], columns: int = 2, **options: Any
) -> tuple[Figure, np.ndarray]:
    """A line of panels for each order of losses, as high as its losses need."""
    counts = [len(order) for order in orders]
    height = ABOVE + ROW * float(np.mean(counts))
    options |= {"sharey": "row", "height_ratios": counts}
    return theme.panels(len(orders), columns, panel_height=height, **options)


def difference_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Limits that keep the band and most intervals readable; what lies beyond gets an arrow."""
    ends = rows[["value", "ci_low", "ci_high"]].abs().max(axis=1).dropna()
    margin = rows["margin"].max()
    least = 3 * margin if np.isfinite(margin) else 0.0
    most = float(ends.max()) if len(ends) else 0.01
    reach = min(most, max(4 * float(ends.median()) if len(ends) else 0.0, least))
    reach = max(reach, least / 2, 1e-6) * 1.1
    return -reach, reach


def ratio_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """The same on a log axis around 1."""
    seen = rows[["value", "ci_low", "ci_high"]]
    logs = seen.where((seen > 0) & np.isfinite(seen)).transform(np.log)
    ends = logs.abs().max(axis=1).dropna()
    most = float(ends.max()) if len(ends) else 0.0
    reach = max(np.log(1.5), min(most, 3 * float(ends.median()) if len(ends) else 0.0)) * 1.08
    return float(np.exp(-reach)), float(np.exp(reach))


def draw(axes: Axes, rows: pd.DataFrame, order: Sequence[LossName], scale: Scale) -> None:
    """Draw the rows of one place, the first loss of `order` on top."""
    if scale.log:
        axes.set_xscale("log")
    axes.set_xlim(*scale.limits)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    _band(axes, rows, scale)
    axes.axvline(scale.center, color=palette.MUTED.light, linewidth=0.8, zorder=1)
    for row in rows.itertuples():
        y = len(order) - 1 - order.index(row.loss)
        _row(axes, row, y, scale)


def points(row: Any) -> str:
    """A difference in percentage points."""
    return "no value" if np.isnan(row.value) else numbers.points(row.value)


def name_rows(axes: Axes, order: Sequence[LossName]) -> None:
    """Name the losses at the left of their rows, each in its colour."""
    axes.set_yticks(range(len(order)), [names.loss_name(loss) for loss in reversed(order)])
    for loss, label in zip(reversed(order), axes.get_yticklabels(), strict=True):
        label.set_color(palette.LOSS_STYLES[loss].color)
        theme.tag(label, loss)


def _band(axes: Axes, rows: pd.DataFrame, scale: Scale) -> None:
    margin = rows["margin"].dropna()
    if margin.empty:
        return
    width = float(margin.iloc[0])
    low, high = (1 / (1 + width), 1 + width) if scale.log else (-width, width)
    axes.axvspan(low, high, color=palette.BAND.light, linewidth=0, zorder=0)


def _row(axes: Axes, row: Any, y: float, scale: Scale) -> None:
    loss, value = row.loss, row.value
    low, high = row.ci_low, row.ci_high
    style = palette.LOSS_STYLES[loss]
    left, right = scale.limits
    artists: list[Artist] = [
        axes.annotate(
            scale.fmt(row),
            (1, y),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    ]
    if np.isfinite(low) and np.isfinite(high) and high > left and low < right:
        ends = [max(low, left), min(high, right)]
        artists += axes.plot(ends, [y, y], color=style.color, linewidth=1.6)
    if np.isfinite(value):
        look = theme.mark_style(loss, 5)
        if not left <= value <= right:
            look["marker"] = ">" if value > right else "<"
        if row.verdict == "undecided":
            look |= {"markerfacecolor": palette.BACKGROUND.light, "markeredgewidth": 1.2}
        artists += axes.plot(np.clip(value, left, right), y, **look, clip_on=False, zorder=3)
    theme.tag(artists, loss)
