"""Curves of runs: every run thin, what the runs of each loss have in common bold."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from lossbench.figures import palette, theme
from lossbench.figures.axes import percent_axis, plain_axis, positive
from lossbench.figures.panels import by_loss, losses
from lossbench.study.fields import LossName

RUN_POINTS, MEDIAN_POINTS = 16, 32
"""Measurements drawn of one run and of a median at most; the tables hold them all."""


def draw_history(axes: Axes, history: pd.DataFrame, column: str) -> dict[LossName, float]:
    """Draw runs and medians of `column` against steps; return the last median of each loss.

    Call on linear axes and make them log ones afterwards: see `draw_summary`.
    """
    rows = measured(history, column)
    draw_runs(axes, thinned(rows, RUN_POINTS), "step", column)
    few = thinned(rows, MEDIAN_POINTS)
    draw_summary(axes, few, "step", column, estimator="median", linewidth=1.9)
    last = {loss: mine[mine["step"] == mine["step"].max()] for loss, mine in by_loss(few)}
    return {loss: float(mine[column].median()) for loss, mine in last.items()}


def measured(history: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows whose value of `column` has a place on log axes; zeros are moved to one."""
    rows = history[(history["step"] > 0) & history[column].notna()]
    return rows.assign(**{column: positive(rows[column])})


def draw_runs(axes: Axes, rows: pd.DataFrame, x: str, y: str) -> None:
    """A thin line for each run: each loss and seed in `rows`."""
    look = {"linewidth": 0.5, "alpha": 0.35}
    _lines(axes, rows, x, y, units="seed", estimator=None, **look)


def draw_summary(axes: Axes, rows: pd.DataFrame, x: str, y: str, **options: Any) -> None:
    """A bold line for each loss through `estimator` of the values of `y` at each `x`.

    On log axes seaborn would take means and medians of logarithms.
    """
    dashed = {"style": "loss", "style_order": losses(rows), "dashes": theme.dashes()}
    _lines(axes, rows, x, y, **dashed, **options)


def _lines(axes: Axes, rows: pd.DataFrame, x: str, y: str, **options: Any) -> None:
    hue = {"hue": "loss", "hue_order": losses(rows), "palette": theme.colors()}
    sns.lineplot(rows, x=x, y=y, **hue, errorbar=None, legend=False, ax=axes, **options)
    axes.set(xlabel="", ylabel="")


def thinned(rows: pd.DataFrame, points: int) -> pd.DataFrame:
    """The rows of at most `points` steps of each loss, evenly spaced on a log axis, ends too."""
    kept = [mine[mine["step"].isin(_spaced(mine["step"], points))] for _, mine in by_loss(rows)]
    return pd.concat(kept) if kept else rows


def _spaced(steps: pd.Series, points: int) -> np.ndarray:
    unique = np.unique(steps)
    if len(unique) <= points:
        return unique
    wanted = np.geomspace(unique[0], unique[-1], points)
    return np.unique(unique[np.abs(unique[:, None] - wanted).argmin(axis=0)])


def ratio_curves(axes: Axes, ratios: pd.DataFrame) -> None:
    """The ratio of steps by level of error; hollow marks where runs of either side miss it."""
    axes.axhline(1, color=palette.MUTED.light, linewidth=0.8, zorder=1)
    for loss, rows in by_loss(ratios):
        known = rows.dropna(subset="ratio").sort_values("level")
        errors = known["validation_error"]
        style = theme.line_style(loss)
        axes.plot(errors, known["ratio"], **style)
        axes.fill_between(
            errors, known["ci_low"], known["ci_high"], color=style["color"], alpha=0.15, linewidth=0
        )
        bounded = known[(known["missed"] > 0) | (known["reference_missed"] > 0)]
        look = theme.mark_style(loss, 3) | theme.HOLLOW
        axes.plot(bounded["validation_error"], bounded["ratio"], **look)
    axes.set(xscale="log", yscale="log")
    axes.invert_xaxis()
    percent_axis(axes.xaxis, log=True)
    plain_axis(axes.yaxis, log=True, unit="×")
