"""Labels at the ends of lines: none over another, in order, inside where they fit."""

import numpy as np
import pytest

from lossbench.figures import legends


def test_labels_are_spread_apart_and_stay_in_order_and_inside():
    generator = np.random.default_rng(3)
    for _ in range(50):
        positions = np.sort(generator.uniform(size=8))
        spread = legends.spread_apart(list(positions), 0.1)
        assert (np.diff(spread) >= 0.1 - 1e-9).all()
        assert min(spread) >= min(0, positions[0]) - 1e-9
        assert max(spread) <= 1 + 1e-9
    assert legends.spread_apart([0.1, 0.5, 0.9], 0.1) == [0.1, 0.5, 0.9]
    assert legends.spread_apart([0.5, 0.5], 0.2) == pytest.approx([0.4, 0.6])
    assert legends.spread_apart([0.0, 0.0, 0.0], 0.1) == pytest.approx([0.0, 0.1, 0.2])
    assert legends.spread_apart([0.5] * 3, 0.8) == pytest.approx([-0.3, 0.5, 1.3])
    assert legends.spread_apart([], 0.2) == []
