"""Logistic regression from many starts: how far above the best value each run ends."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import theme
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import by_loss, grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import small

TEMPLATE = "solver_runs.j2"

FLOOR = 1e-8
"""Relative excesses at or below this are drawn here: rounding, on a log axis."""

available = filled("solver_runs")


def draw(tables: Tables, _: Study) -> Figure:
    """Every run's excess over the best value, by solver and scale of the starts."""
    frame = tables["solver_runs"]
    solvers = sorted(frame["solver"].unique())
    figure, axes = grid(1, len(solvers), panel_height=2.6, sharey=True)
    for axis, solver in zip(axes[0], solvers, strict=True):
        _strips(axis, frame[frame["solver"] == solver])
        heading(axis, solver[0].upper() + solver[1:])
        axis.set_xlabel("scale of the starts")
    axes[0, 0].set_ylabel("loss above the best, relative")
    legend(figure, losses(frame), lines=False)
    return figure


def words(tables: Tables, _: Study) -> Words:
    """How many runs miss the best value under each loss."""
    frame = tables["solver_runs"]
    missed = (~frame["reached"]).groupby(frame["loss"]).sum()
    total = frame.groupby("loss").size()
    title = (
        f"{missed['bce_sigmoid']} of {total['bce_sigmoid']} runs miss the best value under "
        f"cross-entropy, {missed['mse_sigmoid']} of {total['mse_sigmoid']} under MSE"
    )
    return {
        "title": title,
        "floor": small(FLOOR),
        "missed": theory_numbers.missed(frame[frame["loss"] == "mse_sigmoid"]),
    }


def _strips(axes: Axes, rows: pd.DataFrame) -> None:
    """Runs side by side, not jittered: seaborn would draw from NumPy's global generator."""
    scales = sorted(rows["start_scale"].unique())
    for side, (loss, mine) in zip((-0.17, 0.17), by_loss(rows), strict=True):
        best = (mine["value"] - mine["excess"]).min()
        for middle, scale in enumerate(scales):
            excess = mine[mine["start_scale"] == scale]["excess"] / best
            spread = middle + side + np.linspace(-0.12, 0.12, len(excess))
            axes.plot(spread, excess.clip(lower=FLOOR), **theme.mark_style(loss, 3))
    axes.set_xticks(range(len(scales)), [f"{scale:g}" for scale in scales])
    axes.set_yscale("log")
