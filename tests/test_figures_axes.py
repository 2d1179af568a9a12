"""Axes: round ticks, plain labels, zeros on log axes."""

import numpy as np
import pandas as pd
import pytest

from lossbench.figures import axes


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


def test_zeros_are_drawn_far_below_the_smallest_value():
    assert list(axes.positive(pd.Series([0.0, 0.02, 0.5]))) == [0.0005, 0.02, 0.5]
    assert list(axes.positive(pd.Series([0.0, 0.0004]))) == [0.0002, 0.0004]
    assert list(axes.positive(pd.Series([0.0, 0.0]))) == [0.0005, 0.0005]
