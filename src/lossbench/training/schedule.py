"""When a run is measured, and how its learning rate moves. Pure functions of the step."""

import math

from lossbench.study.fields import Stage
from lossbench.study.settings import History, Recipe

EARLY = 8
"""Up to this step the error is near chance, and points twice as far apart will do."""
TUNING = 3
"""Tuning runs are many and are asked for less: every third of the points."""


def measured_steps(history: History, last: int, stage: Stage) -> list[int]:
    """The steps after which a run is measured, ascending, from 0 (untrained) to its last step.

    Each is `history.ratio` times the one before, rounded, from step 1 on; `TUNING` such ratios in
    tuning runs, and at least twice the one before up to step `EARLY`.
    """
    ratio = history.ratio ** (TUNING if stage == "tuning" else 1)
    steps, step = {0, last}, 1.0
    while step < last:
        steps.add(round(step))
        step *= max(ratio, 2.0) if step < EARLY else ratio
    return sorted(each for each in steps if each <= last)


def share_of_peak(step: int, *, total: int, recipe: Recipe) -> float:
    """What share of its peak the rate of the update after `step` updates is, in [0, 1].

    It rises linearly, then stays at the peak or falls to zero along a cosine. The first update
    already has a positive rate; the last one's is just above zero.
    """
    warmup = recipe.warmup * total
    if step < warmup:
        return min(1.0, (step + 1) / (warmup + 1))
    if recipe.schedule == "constant":
        return 1.0
    progress = (step - warmup) / (total - warmup)
    return 0.5 * (1 + math.cos(math.pi * progress))
