"""Synthetic learning curves of known speed: what a ratio of steps must find again."""

import numpy as np

from lossbench.stats.intervals import Estimate, over_replicates
from lossbench.stats.speed import Comparison, Crossings, steps_to_levels

Floats = np.ndarray
KINDS = ("smooth", "noisy", "stepped", "plateaued", "crossing")
LEVELS = np.geomspace(0.4, 0.1, 20)
LAST = 20_000
SEEDS = 10


def log_spaced(last: int, ratio: float) -> np.ndarray:
    """Steps from 0 and 1 to `last`, each `ratio` times the one before, rounded."""
    count = int(np.ceil(np.log(last) / np.log(ratio)))
    return np.unique([0, *np.round(ratio ** np.arange(count)).astype(int), last])


def learning_curve(kind: str, steps: Floats, rng: np.random.Generator) -> Floats:
    """Validation error after `steps` (P,) of a run at speed 1, from 0.9 down to about 0.07."""
    log = np.log(np.maximum(steps, 0.5))
    error = 0.06 + 0.84 / (1 + (np.maximum(steps, 0.0) / 40) ** 0.8)
    if kind == "stepped":  # a network that learns in leaps
        error = 0.06 + 0.84 / (1 + np.exp(np.floor(1.5 * log) / 1.5 * 0.8) / 40**0.8)
    if kind == "plateaued":  # nothing happens from 30 to 100 steps
        first, length = np.log(30), np.log(100 / 30)
        paused = np.exp(np.minimum(log, np.maximum(first, log - length)))
        error = 0.06 + 0.84 / (1 + (paused / 25) ** 0.8)
    if kind == "noisy":
        error = error * np.exp(rng.normal(0, 0.1, error.shape))
    # 5,000 validation images.
    return rng.binomial(5000, np.clip(error, 0, 1)) / 5000 if kind != "smooth" else error


def study_of_pairs(
    kind: str, shift: float, *, rng: np.random.Generator, spacing: float = 1.2, every: int = 1
) -> Estimate:
    """The log ratio of steps over ten pairs, of which the loss needs `shift` times the steps.

    The seeds of a pair share some luck. `crossing`: the loss is faster early and slower late,
    such that the mean over the levels of the log ratio is that of `shift`. `every`: of the
    measurements, only each so many-th is used.
    """
    steps = log_spaced(LAST, spacing)
    ours, theirs = [], []
    for _ in range(SEEDS):
        shared, own = rng.normal(0, 0.2), rng.normal(0, 0.05, 2)
        theirs.append(_crossings(kind, steps, np.exp(shared + own[0]), every, rng))
        pace = shift * np.exp(shared + own[1])
        mine = _crossings(kind, steps, pace, every, rng)
        if kind == "crossing":
            mine = mine * np.exp(np.linspace(-0.5, 0.5, len(LEVELS)))
        ours.append(mine)
    pairs = Comparison(_table(ours), _table(theirs))
    return over_replicates(pairs.by_pair)


def _crossings(
    kind: str, steps: Floats, pace: float, every: int, rng: np.random.Generator
) -> Floats:
    errors = learning_curve(kind, steps / pace, rng)
    return steps_to_levels(steps[::every], errors[::every], LEVELS)


def _table(steps: list[Floats]) -> Crossings:
    known = np.array(steps)
    return Crossings(np.log(np.minimum(known, LAST)), np.isfinite(known))
