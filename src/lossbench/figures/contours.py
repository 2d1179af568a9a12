"""A loss over weight and bias, as contours."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lossbench.figures import palette

LEVELS = 14
"""Contours of a surface."""


def contours(axes: Axes, rows: pd.DataFrame, *, even: bool = False) -> None:
    """Draw the values in `rows` over their grid: at quantiles, or evenly, which shows slopes."""
    wide = rows.pivot(index="bias", columns="weight", values="value")
    weight, bias = np.meshgrid(wide.columns, wide.index)
    value = wide.to_numpy()
    if even:
        levels = np.linspace(value.min(), value.max(), LEVELS)
    else:
        levels = np.quantile(value, np.linspace(0.005, 0.97, LEVELS))
    axes.contour(weight, bias, value, levels=levels, colors=palette.MUTED.light, linewidths=0.5)
    axes.set(xlabel="weight", ylabel="bias")
    axes.grid(visible=False)
