"""Axes in percent or plain numbers, with round ticks on linear and on log scales."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axis import Axis, XAxis
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from lossbench.words import numbers
from lossbench.words.numbers import MINUS

MOST_TICKS = 6
"""On a log axis: beyond so many decades only every second or third is labelled."""


def percent_axis(axis: Axis, *, log: bool) -> None:
    """Label an axis of fractions in percent. Call when its limits are final."""
    plain_axis(axis, log=log, scale=100, unit="%")
    tell(axis, numbers.percent)


def plain_axis(axis: Axis, *, log: bool, scale: float = 1.0, unit: str = "") -> None:
    """Label an axis in plain numbers, on a log axis at 1, 2 and 5. Call when limits are final."""
    low, high = sorted(axis.get_view_interval())
    if log:
        axis.set_major_locator(FixedLocator(list(log_ticks(low * scale, high * scale) / scale)))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x * scale) + unit))
    # Drawings are rounded: a mark at zero stands a hair beside it.
    hair = 0.0 if log else 1e-4 * (high - low)
    tell(axis, lambda x: _tick(x * scale if abs(x) > hair else 0.0) + unit)


def tell(axis: Axis, write: Callable[[float], str]) -> None:
    """Let marks say their values along this axis, and along those that share it."""
    name = "x" if isinstance(axis, XAxis) else "y"
    for axes in getattr(axis.axes, f"get_shared_{name}_axes")().get_siblings(axis.axes):
        setattr(axes, f"fmt_{name}data", write)


ZERO = 0.0005
"""On a log axis an error of zero is drawn here, or below: 0.05 %."""


def positive(values: pd.Series) -> pd.Series:
    """The values, with zeros at half the smallest positive one or `ZERO`, for a log axis."""
    above = values[values > 0]
    return values.clip(lower=min(above.min() / 2, ZERO) if len(above) else ZERO)


def log_ticks(low: float, high: float) -> np.ndarray:
    """Round numbers in [low, high] for a log axis: the coarsest steps of which three are there."""
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 5.0, 7.0)):
        ticks = np.sort(np.outer(10.0**decades, steps).ravel())
        ticks = ticks[(ticks >= low * 0.999) & (ticks <= high * 1.001)]
        if len(ticks) >= 3:
            return ticks[:: -(-len(ticks) // MOST_TICKS)]
    ticks = np.asarray(MaxNLocator(4).tick_values(low, high))
    return ticks[(ticks >= low) & (ticks <= high)]


def _tick(value: float) -> str:
    if 0 < abs(value) < 1e-4:
        return numbers.small(value, 3)
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{float(f'{value:.3g}'):.6g}"
    return text.replace("-", MINUS)
