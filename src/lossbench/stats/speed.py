"""How many steps a loss takes to each error level, against the reference's.

The fixed-target view of black-box benchmarking (COCO; Hansen et al. 2021), paired by seed: the
steps to twenty declared levels of validation error, and the ratio of two losses' steps, averaged
over the levels on the log scale.

A run counts at a level that it misses with its budget. Where one of two runs misses it, the ratio
there is a bound; where both do, the level says nothing about their ratio and is left out of it.
A level that hardly a run misses is left out where it is missed: a bound would say too little.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.stats.intervals import over_replicates

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bound = Literal["", "at least", "at most", "within the budget"]

FEW = 0.05
"""Up to this share of all pairs and levels, those that one side misses are left out of the ratio.

Were the ratio a third, or three times, what it is elsewhere, it would move by a twentieth.
"""
ROUNDING = 1e-9
"""A validation error this little above a level is at it."""


def steps_to_levels(steps: NDArray[np.integer], errors: Floats, levels: Floats) -> Floats:
    """The steps (L,) after which a run's running minimum of the error first meets each level.

    `steps` (P,) ascend, `errors` (P,) were measured after them. Between measurements the curve is
    a straight line on log-log axes; infinite where it never gets there. Step 0 counts as step 1:
    there is no logarithm of nothing, and no update is a fraction of one. An error of zero counts
    as half the hardest level.
    """
    lowest = np.minimum.accumulate(np.maximum(errors, levels.min() / 2))
    log_steps = np.log(np.maximum(steps, 1).astype(float))
    is_met = lowest[:, None] <= levels + ROUNDING
    after = is_met.argmax(axis=0)
    before = np.maximum(after - 1, 0)
    fall = np.log(lowest[before] / lowest[after])
    way = np.log(lowest[before] / levels)
    share = np.clip(np.divide(way, fall, out=np.ones_like(way), where=fall > 0), 0, 1)
    crossing = log_steps[before] + share * (log_steps[after] - log_steps[before])
    return np.where(is_met.any(axis=0), np.exp(crossing), np.inf)


@dataclass(frozen=True)
class Crossings:
    """When n runs of one loss meet L levels."""

    log_steps: Floats
    """(n, L): of the budget where the level is missed."""
    reached: Flags
    """(n, L)."""

    @classmethod
    def of(cls, rows: pd.DataFrame, seeds: list[int]) -> Self:
        """From the STEPS_TO_LEVEL rows of one loss, for these seeds in ascending order."""
        mine = rows[rows["seed"].isin(seeds)].sort_values(["seed", "level"])
        steps, reached = (
            mine[name].to_numpy().reshape(len(seeds), -1) for name in ("steps", "reached")
        )
        return cls(np.log(np.maximum(steps, 1.0)), reached)


@dataclass(frozen=True)
class Comparison:
    """Runs of a loss and of the reference, paired: n pairs, L levels."""

    ours: Crossings
    theirs: Crossings

    @property
    def log_ratios(self) -> Floats:
        """(n, L): log steps of the loss less those of the reference; NaN where it says nothing."""
        ratios = self.ours.log_steps - self.theirs.log_steps
        both, either = (
            combine(self.ours.reached, self.theirs.reached)
            for combine in (np.logical_and, np.logical_or)
        )
        return np.where(both if self._is_hardly_missed else either, ratios, np.nan)

    @property
    def _is_hardly_missed(self) -> bool:
        """Whether the pairs and levels that one side alone misses are few enough to leave out.

        Never where a pair would lose more than half of its levels: of many pairs, one that failed
        is few.
        """
        alone = self.ours.reached ^ self.theirs.reached
        return bool(alone.mean() <= FEW and alone.mean(axis=1).max() <= 0.5)

    @property
    def by_pair(self) -> Floats:
        """(n,): the mean over the levels; NaN for a pair that misses every level."""
        counts = (~np.isnan(self.log_ratios)).sum(axis=1)
        sums = np.nansum(self.log_ratios, axis=1)
        return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))

    @property
    def reach(self) -> tuple[float, float]:
        """The share of levels, over all runs, that the loss and that the reference reach."""
        return float(self.ours.reached.mean()), float(self.theirs.reached.mean())

    @property
    def bound(self) -> Bound:
        """What the ratio is a bound of: where only one side misses levels that the other meets."""
        if self._is_hardly_missed:
            return ""
        ours = bool((self.theirs.reached & ~self.ours.reached).any())
        theirs = bool((self.ours.reached & ~self.theirs.reached).any())
        if ours and theirs:
            return "within the budget"
        return "at least" if ours else "at most" if theirs else ""

    @property
    def is_ratio(self) -> bool:
        """Whether both sides meet at least half of the levels, so that a ratio is worth telling."""
        return min(self.reach) >= 0.5


def by_level(pairs: Comparison, level: float) -> pd.DataFrame:
    """One row a level: `ratio` with the band `ci_low`, `ci_high` at coverage `level`, and counts.

    `pairs` are those that the ratio is of; `missed` and `reference_missed` count the runs that do
    not meet the level. Descriptive: no test is made level by level.
    """
    found = [over_replicates(ratios[~np.isnan(ratios)]) for ratios in pairs.log_ratios.T]
    ends = np.exp([[each.mean, *each.interval(level)] for each in found])
    return pd.DataFrame(ends, columns=["ratio", "ci_low", "ci_high"]).assign(
        pairs=(~np.isnan(pairs.log_ratios)).sum(axis=0),
        missed=(~pairs.ours.reached).sum(axis=0),
        reference_missed=(~pairs.theirs.reached).sum(axis=0),
    )
