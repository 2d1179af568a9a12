"""When a run is measured, and its learning rate at every step. Pure functions of the step."""

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


def scheduled_rate(step: int, *, total: int, peak: float, recipe: Recipe) -> float:
    """The learning rate of the update after `step` updates: linear warm-up, then cosine to zero.

    The first update already has a positive rate; the last one's is just above zero.
    """
    warmup = recipe.warmup * total
    if step < warmup:
        return peak * min(1.0, (step + 1) / (warmup + 1))
    progress = (step - warmup) / (total - warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * progress))
