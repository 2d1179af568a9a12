"""When a run is measured, and its learning rate at every step. Pure functions of the step."""

import math

from lossbench.study.fields import Stage
from lossbench.study.settings import History, Recipe


def measured_steps(history: History, last: int, stage: Stage) -> list[int]:
    """The steps after which a run is measured, ascending, from 0 (untrained) to its last step.

    From step 1 on, each `history.ratio` times the one before, rounded. Tuning runs are many and
    ask less: they take every second of these points.
    """
    ratio = history.ratio**2 if stage == "tuning" else history.ratio
    count = math.ceil(math.log(last) / math.log(ratio))
    spaced = {round(ratio**power) for power in range(count)}
    return sorted(step for step in {0, last} | spaced if step <= last)


def scheduled_rate(step: int, *, total: int, peak: float, recipe: Recipe) -> float:
    """The learning rate of the update after `step` updates: linear warm-up, then cosine to zero.

    The first update already has a positive rate; the last one's is just above zero.
    """
    warmup = recipe.warmup * total
    if step < warmup:
        return peak * min(1.0, (step + 1) / (warmup + 1))
    progress = (step - warmup) / (total - warmup)
    return peak * 0.5 * (1 + math.cos(math.pi * progress))
