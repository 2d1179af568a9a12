import math
from typing import Any

import pytest

from lossbench.stats.verdicts import decide

NONE = (math.nan, math.nan)


def verdict(
    difference: float, p: float, equivalence: tuple[float, float] = NONE, **other: Any
) -> str:
    settings = {"direction": "lower", "alpha": 0.05, "margin": math.nan, **other}
    return decide(difference, p, equivalence, **settings)


@pytest.mark.parametrize(
    ("difference", "direction", "expected"),
    [
        (-1, "lower", "better"),
        (1, "lower", "worse"),
        (1, "higher", "better"),
        (-1, "higher", "worse"),
    ],
)
def test_a_significant_difference_has_a_direction(
    difference: float, direction: str, expected: str
) -> None:
    assert verdict(difference, 0.01, direction=direction) == expected
    assert verdict(difference, 0.05, direction=direction) == expected
    assert verdict(difference, 0.051, direction=direction) == "undecided"


def test_an_interval_inside_the_margin_is_equivalent_even_if_it_excludes_zero() -> None:
    assert verdict(0.0005, 0.001, (0.0002, 0.0008), margin=0.001) == "equivalent"
    assert verdict(0.0, 1.0, (-0.0009, 0.0009), margin=0.001) == "equivalent"


@pytest.mark.parametrize("interval", [(-0.0011, 0.0005), (-0.0005, 0.0011), (-0.001, 0.0), NONE])
def test_an_interval_that_leaves_or_touches_the_margin_is_undecided(
    interval: tuple[float, float],
) -> None:
    assert verdict(0.0, 1.0, interval, margin=0.001) == "undecided"


def test_what_is_missing_or_has_no_better_side_is_undecided() -> None:
    assert verdict(math.nan, math.nan) == "undecided"
    assert verdict(1.0, math.nan) == "undecided"
    assert verdict(1.0, 0.001, direction="none") == "undecided"
