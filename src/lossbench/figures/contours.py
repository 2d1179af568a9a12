"""A loss over weight and bias, as contours."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lossbench.figures import palette

LEVELS = 14
"""Contours of a surface."""


def contours(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the surface in `rows` at quantiles of its values."""
    weight, bias, value = surface(rows)
    levels = np.quantile(value, np.linspace(0.005, 0.97, LEVELS))
    axes.contour(weight, bias, value, levels=levels, colors=palette.MUTED.light, linewidths=0.5)
    axes.set(xlabel="weight", ylabel="bias")
    axes.grid(visible=False)


def surface(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights, biases and values on the grid in `rows`, each [biases, weights]."""
    wide = rows.pivot(index="bias", columns="weight", values="value")
    weight, bias = np.meshgrid(wide.columns, wide.index)
    return weight, bias, wide.to_numpy()
