import math
from typing import Any

import pytest

from lossbench.stats.verdicts import decide, within

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


def test_without_a_p_nothing_can_be_measured() -> None:
    assert verdict(math.nan, math.nan) == "not measurable"
    assert verdict(1.0, math.nan) == "not measurable"


@pytest.mark.parametrize(
    ("bound", "left"),
    [
        ("", {"better", "worse", "equivalent", "undecided"}),
        ("at least", {"worse", "undecided"}),
        ("at most", {"better", "undecided"}),
        ("within the budget", {"undecided"}),
    ],
)
def test_a_bound_leaves_the_verdicts_that_no_value_beyond_it_could_turn(bound, left) -> None:
    words = ("better", "worse", "equivalent", "undecided")
    assert {within(bound, word) for word in words} == left
    assert within(bound, "not measurable") == "not measurable"
