"""How often the verdicts find a difference where there is none, by simulation."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from lossbench.stats import contrasts, multiplicity
from lossbench.stats.intervals import Estimate, over_replicates
from lossbench.stats.verdicts import decide
from lossbench.tables.parquet import empty
from lossbench.tables.study import MEAN_SQUARES
from test_stats_contrasts import make_study, observe, timed

Floats = NDArray[np.float64]

LOSSES = ("mse_softmax", "mse_logits", "mse_sigmoid", "bce_sigmoid")
MARGIN = 1e-5
"""Far below what is simulated: a tie hides no false difference."""


Drawn = dict[str, Floats]
"""Metric → values of every loss and seed, (losses, seeds); row 0 is the reference."""


def no_difference(rng: np.random.Generator, seeds: int) -> Drawn:
    """Errors and log steps of losses that do not differ; seeds share luck."""
    luck = rng.normal(size=seeds)
    own = rng.normal(size=(2, len(LOSSES) + 1, seeds))
    errors = np.round(0.02 + 0.002 * (luck + own[0]), 4)
    return {"error": errors, "speed": np.log(2000) + 0.2 * (luck + own[1])}


class Found(NamedTuple):
    """One contrast: what was estimated, and its p adjusted in its family."""

    estimate: Estimate
    p_adjusted: float


Families = dict[str, dict[tuple[str, str], Found]]
"""Family → metric and loss → what was found."""


def procedure(drawn: Drawn) -> Families:
    """What the contrasts table computes, by the same functions but without any table."""
    found: Families = {}
    for metric, values in drawn.items():
        for family, losses in (("primary", LOSSES[:1]), ("exploratory", LOSSES[1:])):
            estimates = [
                over_replicates(values[1 + LOSSES.index(loss)] - values[0]) for loss in losses
            ]
            adjusted = multiplicity.holm(np.array([each.p_value for each in estimates]))
            found[f"{family} {metric}"] = {
                (metric, loss): Found(each, float(p))
                for loss, each, p in zip(losses, estimates, adjusted, strict=True)
            }
    return found


def is_false(found: Found) -> bool:
    inner = found.estimate.interval(0.9)
    verdict = decide(
        found.estimate.mean, found.p_adjusted, inner, direction="lower", alpha=0.05, margin=MARGIN
    )
    return verdict in ("better", "worse")


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5, 10])
def test_false_verdicts_stay_at_five_percent_in_each_family(seeds: int) -> None:
    rng, repeats = np.random.default_rng(seeds), 10_000
    false: Counter[str] = Counter()
    for _ in range(repeats):
        for family, members in procedure(no_difference(rng, seeds)).items():
            false[family] += any(is_false(each) for each in members.values())
    print(f"false verdicts with {seeds} seeds in {repeats} families: {dict(false)}")
    # Each of eight rates may exceed 5 % by three of its standard errors, 0.65 percentage points.
    assert max(false.values()) <= repeats * 0.05 + 3 * np.sqrt(repeats * 0.05 * 0.95)
    assert min(false.values()) > repeats * 0.02


def test_the_simulated_procedure_is_that_of_the_contrasts_table() -> None:
    study, seeds = make_study(*LOSSES, margin=MARGIN), 6
    study = study.model_copy(
        update={"statistics": study.statistics.model_copy(update={"speed_margin": MARGIN})}
    )
    rng = np.random.default_rng(7)
    for _ in range(5):
        drawn = no_difference(rng, seeds)
        names = ("cross_entropy", *LOSSES)
        errors = dict(zip(names, (dict(enumerate(row)) for row in drawn["error"]), strict=True))
        speeds = zip(names, np.exp(drawn["speed"]), strict=True)
        steps = timed({loss: [[step / 100, step / 20] for step in row] for loss, row in speeds})
        table = contrasts.contrasts(observe(errors), steps, empty(MEAN_SQUARES), study, {})
        members = procedure(drawn).values()
        expected = {key: found for family in members for key, found in family.items()}
        assert len(table) == len(expected)
        for row in table.itertuples():
            found = expected[row.metric, row.loss]
            assert row.p_adjusted == pytest.approx(found.p_adjusted, rel=1e-9)
            assert (row.verdict in ("better", "worse")) == is_false(found)
