"""A line for each loss, for curves that are computed and not measured."""

import pandas as pd
from matplotlib.axes import Axes

from lossbench.figures import theme
from lossbench.figures.panels import by_loss


def lines(axes: Axes, frame: pd.DataFrame, x: str, y: str) -> None:
    """Draw column `y` against `x`, a line for each loss in `frame`."""
    for loss, rows in by_loss(frame):
        axes.plot(rows[x], rows[y], **theme.line_style(loss))
