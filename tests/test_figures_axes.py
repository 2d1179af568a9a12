"""Axes: round ticks, plain labels, zeros on log axes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lossbench.figures import axes, theme
from lossbench.words import numbers


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1, 1000, [1, 10, 100, 1000]),
        (1, 35, [1, 3, 10, 30]),
        (15, 70, [20, 50]),
        (1e-4, 1e9, [1e-4, 0.1, 100, 1e5, 1e8]),
    ],
)
def test_log_axes_have_round_ticks(low, high, ticks):
    found = axes.log_ticks(low, high)
    assert all(np.isclose(found, tick).any() for tick in ticks)
    assert 3 <= len(found) <= 7
    assert (found >= low * 0.99).all()
    assert (found <= high * 1.01).all()


def test_tiny_numbers_are_powers_of_ten():
    with theme.applied():
        axis = Figure().subplots().yaxis
        axis.axes.set_ylim(1e-7, 1)
        axis.axes.set_yscale("log")
        axes.plain_axis(axis, log=True)
        labels = [axis.get_major_formatter()(value, 0) for value in (1e-6, -2.5e-7, 1e-3, 0.0)]
    assert labels == ["1 × 10⁻⁶", f"{numbers.MINUS}2.5 × 10⁻⁷", "0.001", "0"]


def test_zeros_are_drawn_far_below_the_smallest_value():
    assert list(axes.positive(pd.Series([0.0, 0.02, 0.5]))) == [0.0005, 0.02, 0.5]
    assert list(axes.positive(pd.Series([0.0, 0.0004]))) == [0.0002, 0.0004]
    assert list(axes.positive(pd.Series([0.0, 0.0]))) == [0.0005, 0.0005]
