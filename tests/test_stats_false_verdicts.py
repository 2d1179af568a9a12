"""How often the verdicts find a difference where there is none, by simulation."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from lossbench.stats import contrasts, intervals, multiplicity
from lossbench.stats.pairs import Pairs
from lossbench.stats.verdicts import decide
from test_stats_contrasts import TIME, make_study, observe

Floats = NDArray[np.float64]

LOSSES = ("mse_softmax", "mse_logits", "mse_sigmoid", "bce_sigmoid")
MARGIN = 1e-5
"""Far below what is simulated: a tie hides no false difference."""


class Draw(NamedTuple):
    """Values and resolutions of every loss and seed, (losses, seeds); row 0 is the reference."""

    values: Floats
    resolutions: Floats


def no_difference(rng: np.random.Generator, seeds: int) -> dict[str, Draw]:
    """Errors and times of losses that do not differ; seeds share luck, values lie on a grid."""
    luck = rng.normal(size=seeds)
    own = rng.normal(size=(2, len(LOSSES) + 1, seeds))
    errors = np.round(0.02 + 0.002 * (luck + own[0]), 4)
    # A quarter of an epoch of 400 steps between measurements, 5 epochs to the target.
    steps = np.ceil(2000 * np.exp(0.2 * (luck + own[1])) / 100) * 100
    widths = np.log(steps / np.maximum(steps - 100, 1))
    return {"error": Draw(errors, np.full_like(errors, 1e-4)), TIME: Draw(steps, widths)}


class Found(NamedTuple):
    """One contrast: the mean difference, its standard deviation, and p adjusted in its family."""

    mean: float
    spread: float
    p_adjusted: float


Families = dict[str, dict[tuple[str, str], Found]]
"""Family → metric and loss → what was found."""


def procedure(drawn: dict[str, Draw]) -> Families:
    """What the contrasts table computes, by the same functions but without any table."""
    keys = {
        "primary": [("error", "mse_softmax"), (TIME, "mse_softmax")],
        **{metric: [(metric, loss) for loss in LOSSES[1:]] for metric in ("error", TIME)},
    }
    found: Families = {}
    for family, members in keys.items():
        estimates = [
            estimate(drawn[metric], loss, is_ratio=metric == TIME) for metric, loss in members
        ]
        adjusted = multiplicity.holm(np.array([each.p_adjusted for each in estimates]))
        found[family] = {
            key: each._replace(p_adjusted=float(p))
            for key, each, p in zip(members, estimates, adjusted, strict=True)
        }
    return found


def estimate(draw: Draw, loss: str, *, is_ratio: bool) -> Found:
    """Mean, spread and, for now, the p of this contrast alone."""
    rows = [1 + LOSSES.index(loss), 0]
    values, resolutions = draw.values[rows].T, draw.resolutions[rows].T
    seeds = len(values)
    pairs = Pairs(tuple(range(seeds)), values, np.zeros_like(values, bool), resolutions)
    differences = pairs.differences(is_ratio=is_ratio)
    mean, spread = float(differences.mean()), intervals.spread(differences, pairs.rounding)
    return Found(mean, spread, intervals.student_t_p(mean, spread, seeds))


def is_false(found: Found, seeds: int) -> bool:
    inner = intervals.student_t(found.mean, found.spread, seeds, 0.9)
    verdict = decide(
        found.mean, found.p_adjusted, inner, direction="lower", alpha=0.05, margin=MARGIN
    )
    return verdict in ("better", "worse")


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5, 10])
def test_false_verdicts_stay_at_five_percent_in_each_family(seeds: int) -> None:
    rng, repeats = np.random.default_rng(seeds), 10_000
    false: Counter[str] = Counter()
    for _ in range(repeats):
        for family, members in procedure(no_difference(rng, seeds)).items():
            false[family] += any(is_false(each, seeds) for each in members.values())
    print(f"false verdicts with {seeds} seeds in {repeats} families: {dict(false)}")
    # Each of six rates may exceed 5 % by three of its standard errors, 0.65 percentage points.
    assert max(false.values()) <= repeats * 0.05 + 3 * np.sqrt(repeats * 0.05 * 0.95)
    assert min(false.values()) > repeats * 0.02


def test_the_simulated_procedure_is_that_of_the_contrasts_table() -> None:
    study, seeds = make_study(*LOSSES, margin=MARGIN), 6
    rng = np.random.default_rng(7)
    for _ in range(5):
        drawn = no_difference(rng, seeds)
        observed = []
        for metric, (values, resolutions) in drawn.items():
            by_loss = dict(zip(("cross_entropy", *LOSSES), values, strict=True))
            rows = observe({loss: dict(enumerate(row)) for loss, row in by_loss.items()}, metric)
            observed.append(rows.assign(resolution=resolutions.ravel()))
        table = contrasts.contrasts(pd.concat(observed), study, {})
        members = procedure(drawn).values()
        expected = {key: found for family in members for key, found in family.items()}
        for row in table.itertuples():
            found = expected[row.metric, row.loss]
            assert row.p_adjusted == pytest.approx(found.p_adjusted, rel=1e-12)
            assert (row.verdict in ("better", "worse")) == is_false(found, seeds)
