"""From an interval, an adjusted p and a margin to one word."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lossbench.cards.metric import Direction
from lossbench.stats.speed import Bound

Floats = NDArray[np.float64]
Verdict = Literal["better", "worse", "equivalent", "undecided", "not measurable"]

LEFT: dict[Bound, Verdict] = {"at least": "worse", "at most": "better"}
"""The clear verdict that a ratio can have which is only a bound; none where both sides miss levels.
"""


def decide(
    difference: float,
    p_adjusted: float,
    equivalence: Sequence[float] | Floats,
    *,
    direction: Direction,
    alpha: float,
    margin: float,
) -> Verdict:
    """What a contrast of a loss to its reference says.

    `difference`: loss minus reference, or the logarithm of their ratio. `equivalent`: the
    equivalence interval lies inside ±`margin`, so that a difference, even one that is surely not
    zero, is too small to matter. `better` or `worse`: `p_adjusted` is at most `alpha`. Else
    `undecided`; `not measurable` where the data carry no p.
    """
    low, high = equivalence
    if -margin < low and high < margin:
        return "equivalent"
    if math.isnan(p_adjusted):
        return "not measurable"
    if direction == "none" or p_adjusted > alpha:
        return "undecided"
    return "better" if (difference < 0) == (direction == "lower") else "worse"


def within(bound: Bound, verdict: Verdict) -> Verdict:
    """The verdict that a ratio's bound leaves: what lies beyond it may be on the other side."""
    if not bound or verdict in ("not measurable", LEFT.get(bound)):
        return verdict
    return "undecided"
