"""When a run is measured, and how its learning rate moves. Pure functions of the step."""

import math

from lossbench.study.settings import History, Recipe


def measured_steps(history: History, steps_per_epoch: int, epochs: int) -> list[int]:
    """The steps after which a run is measured, ascending, from 0 (untrained) to the last step.

    Early steps are 1, 2, 4, …; then `history.per_epoch` evenly spaced points in every epoch.
    """
    total = steps_per_epoch * epochs
    early = {2**power for power in range(history.early_points)}
    points = history.per_epoch * epochs
    regular = {round(total * point / points) for point in range(1, points + 1)}
    return sorted(step for step in {0} | early | regular if step <= total)


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
