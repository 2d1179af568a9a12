"""What a study cannot say: the bounds of its own design, from its configuration."""

from collections.abc import Iterator

from lossbench.cards.loss import REFERENCE
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.words import numbers


def scope(study: Study) -> Iterator[tuple[str, str]]:
    """The bounds by name, each in a sentence or two."""
    epochs = [
        plan.evaluation_cell(study, comparison, REFERENCE).epochs
        for comparison in study.comparisons
    ]
    yield (
        "Length",
        f"Runs last {numbers.counts(epochs, 'epoch', 'epochs')}, and the learning rate falls to "
        "zero with them. The final error is the error at that end; after longer training the "
        "losses may stand in another order.",
    )
    seeds = [len(plan.seeds(study, each, "evaluation")) for each in study.comparisons]
    yield (
        "Chance",
        f"A comparison has {numbers.counts(seeds, 'seed')}. A seed "
        "changes the network's start and the order and augmentation of its batches, never the "
        "training or test images: an interval covers new seeds, not new images.",
    )
    tuning_seeds = [len(plan.seeds(study, each, "tuning")) for each in study.comparisons]
    yield (
        "Tuning",
        "The learning rate alone is tuned, and a margin where the study lists several. Momentum, "
        "warm-up, batch size and weight decay are the same for all losses; other values might suit "
        "one loss better than another. Each rate was tried with "
        f"{numbers.counts(tuning_seeds, 'tuning seed')}, and an interval takes the chosen one as "
        "given: where two rates are nearly level, other tuning seeds or another type of CPU "
        "may choose the other, and move a difference by more than its interval.",
    )
    yield (
        "Speed",
        "Speed is counted in optimiser steps, not in seconds. A time to target is known to the "
        "distance between two measurements.",
    )
    yield (
        "Reach",
        "Every data set has ten classes. Nothing here speaks of many classes, of wrong labels, or "
        "of networks larger than these.",
    )
