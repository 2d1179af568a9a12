"""Cross-entropy where a line divides the classes: the parameters grow without end."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import grid, heading
from lossbench.study.config import Study
from lossbench.words.numbers import percent

TEMPLATE = "separable_data.j2"

available = filled("separable_descent")


def draw(tables: Tables, _: Study) -> Figure:
    """Loss and length of the parameters over the steps, with and without a dividing line."""
    figure, axes = grid(1, 2, panel_height=2.3)
    descents = tables["separable_descent"].query("step > 0").groupby("problem")
    for axis, column in zip(axes[0], ("value", "parameter_norm"), strict=True):
        for (problem, rows), dash in zip(descents, ("-", ":"), strict=True):
            _descent(axis, rows, column, str(problem), dash)
        axis.set(xscale="log", xlabel="steps of gradient descent")
        plain_axis(axis.xaxis, log=True)
    axes[0, 0].set_yscale("log")
    plain_axis(axes[0, 0].yaxis, log=True)
    heading(axes[0, 0], "Cross-entropy")
    heading(axes[0, 1], "Length of the parameters")
    return figure


def words(tables: Tables, _: Study) -> Words:
    """Growth of the parameters over the last doubling of the steps."""
    growth = {
        bool(rows["separable"].iloc[0]): rows.sort_values("step")["parameter_norm"]
        for _, rows in tables["separable_descent"].groupby("problem")
    }
    grown = {key: percent(norms.iloc[-1] / norms.iloc[-2] - 1, 0) for key, norms in growth.items()}
    title = (
        f"When the steps double, parameters grow by {grown[True]} on separable data, "
        f"elsewhere by {grown[False]}"
    )
    return {"title": title}


def _descent(axes: Axes, rows: pd.DataFrame, column: str, label: str, dash: str) -> None:
    axes.plot(rows["step"], rows[column], color=palette.loss_styles()["bce_sigmoid"].color, ls=dash)
    middle = rows.iloc[2 * len(rows) // 3]
    # Above the curve: to the right of one that falls, to the left of one that rises.
    side, align = (5, "left") if rows[column].is_monotonic_decreasing else (-5, "right")
    place = (middle["step"], middle[column])
    axes.annotate(label, place, (side, 4), textcoords="offset points", ha=align)
