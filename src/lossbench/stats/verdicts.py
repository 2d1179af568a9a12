"""From an interval, an adjusted p and a margin to one word."""

import math
from typing import Literal

from lossbench.cards.metric import Direction

Verdict = Literal["better", "worse", "equivalent", "undecided"]


def decide(
    difference: float,
    p_adjusted: float,
    equivalence: tuple[float, float],
    *,
    direction: Direction,
    alpha: float,
    margin: float,
) -> Verdict:
    """What a contrast of a loss to its reference says.

    `difference`: loss minus reference, or the logarithm of their ratio. `equivalent`: the
    equivalence interval lies inside ±`margin`, so that a difference, even one that is surely not
    zero, is too small to matter. `better` or `worse`: `p_adjusted` is at most `alpha`. Else, and
    where a number is NaN or neither direction is better, `undecided`.
    """
    low, high = equivalence
    if -margin < low and high < margin:
        return "equivalent"
    if direction == "none" or math.isnan(difference) or not p_adjusted <= alpha:
        return "undecided"
    return "better" if (difference < 0) == (direction == "lower") else "worse"
