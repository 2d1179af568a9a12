"""Quantities over training: every run thin, the median of each loss bold."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lossbench.figures import palette, theme
from lossbench.figures.layout import by_loss, joined, positive
from lossbench.study.fields import LossName

RUN_POINTS, MEDIAN_POINTS = 16, 32
"""Measurements drawn of one run and of a median at most; the tables hold them all."""


def draw_runs(axes: Axes, history: pd.DataFrame, column: str) -> dict[LossName, float]:
    """Draw `column` against steps, both log, and return the last median of each loss."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    rows = history[(history["step"] > 0) & history[column].notna()]
    rows = rows.assign(**{column: positive(rows[column])})
    ends = {}
    for loss, mine in by_loss(rows):
        few = mine[mine["step"].isin(thinned(mine["step"], RUN_POINTS))]
        runs = [run for _, run in few.groupby("seed")]
        thin = axes.plot(
            *joined([(run["step"].to_numpy(), run[column].to_numpy()) for run in runs]),
            color=palette.LOSS_STYLES[loss].color,
            linewidth=0.5,
            alpha=0.35,
        )
        mine = mine[mine["step"].isin(thinned(mine["step"], MEDIAN_POINTS))]
        middle = mine.groupby("step")[column].median()
        bold = axes.plot(middle.index, middle, **theme.line_style(loss), linewidth=1.9)
        theme.tag([*thin, *bold], loss)
        ends[loss] = float(middle.iloc[-1])
    return ends


def thinned(steps: pd.Series, points: int) -> np.ndarray:
    """At most `points` of the measured steps, evenly spaced on a log axis, first and last too."""
    unique = np.unique(steps)
    if len(unique) <= points:
        return unique
    wanted = np.geomspace(unique[0], unique[-1], points)
    return np.unique(unique[np.abs(unique[:, None] - wanted).argmin(axis=0)])
