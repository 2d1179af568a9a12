"""Every run as a mark in the row of its loss."""

from collections.abc import Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from lossbench.figures import theme
from lossbench.figures.forest import set_rows
from lossbench.figures.panels import by_loss
from lossbench.study.fields import LossName


def strips(
    axes: Axes, rows: pd.DataFrame, order: Sequence[LossName], *, hollow: bool = False
) -> None:
    """Draw each row's `value`, the losses of `order` from top to bottom."""
    placed = rows.dropna(subset="value").assign(row=rows["loss"].map(order.index))
    for loss, mine in by_loss(placed):
        color = theme.colors()[loss]
        sns.stripplot(
            mine,
            x="value",
            y="row",
            orient="y",
            native_scale=True,
            jitter=False,
            marker=theme.markers()[loss],
            size=4,
            linewidth=0.5,
            edgecolor=color,
            color="none" if hollow else color,
            alpha=None if hollow else 0.8,
            ax=axes,
        )
    axes.set(xlabel="", ylabel="")
    set_rows(axes, order)
