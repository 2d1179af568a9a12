"""When a run is measured, and how its learning rate moves. Pure functions of the step."""

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
