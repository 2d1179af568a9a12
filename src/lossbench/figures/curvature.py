"""Where each loss curves upwards: value, slope and curvature, and eigenvalues of its Hessian."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import palette, theme
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.lines import lines
from lossbench.figures.panels import by_loss, grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import number

TEMPLATE = "curvature.j2"

QUANTITIES = {"value": "loss C(z)", "slope": "slope dC/dz", "curvature": "curvature d²C/dz²"}

available = filled("curvature", "hessians", "theory_constants")


def draw(tables: Tables, _: Study) -> Figure:
    """Value, slope and curvature for target 0; smallest eigenvalues at random points."""
    figure, axes = grid(2, 2, panel_height=1.9)
    rows = tables["curvature"].query("target == 0")
    edge = theory_numbers.constant(tables, "concave_above")
    start = float(np.log(edge / (1 - edge)))
    for axis, (column, label) in zip(axes.ravel(), QUANTITIES.items(), strict=False):
        axis.axvspan(start, rows["z"].max(), color=palette.BAND.light)
        lines(axis, rows, "z", column)
        axis.set_xlabel("z")
        heading(axis, label)
    axes[0, 0].set_ylim(0, 2)
    axes[1, 0].axhline(0, color=palette.MUTED.light, linewidth=0.6)
    _eigenvalues(axes[1, 1], tables["hessians"])
    legend(figure, losses(rows))
    return figure


def words(tables: Tables, _: Study) -> Words:
    """How often each loss's Hessian is indefinite, and where the squared loss is concave."""
    squared, entropy = (
        theory_numbers.indefinite(tables, loss) for loss in ("mse_sigmoid", "bce_sigmoid")
    )
    title = f"MSE curves downwards at {squared} random points, cross-entropy at {entropy}"
    return {
        "title": title,
        "above": number(theory_numbers.constant(tables, "concave_above")),
        "below": number(theory_numbers.constant(tables, "concave_below")),
    }


def _eigenvalues(axes: Axes, frame: pd.DataFrame) -> None:
    for loss, rows in by_loss(frame):
        ordered = np.sort(rows["smallest_eigenvalue"])
        share = np.arange(1, len(ordered) + 1) / len(ordered)
        axes.plot(ordered, share, **theme.line_style(loss))
    axes.axvline(0, color=palette.MUTED.light, linewidth=0.6)
    axes.set_xlabel("smallest eigenvalue")
    plain_axis(axes.xaxis, log=False)
    heading(axes, "Share of random points up to it")
