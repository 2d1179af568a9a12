"""Two losses' values on one metric, paired by seed, and why a pairing can say nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.cards.metric import METRICS
from lossbench.stats.observations import TIME

Floats = NDArray[np.float64]
Observed = tuple[float, bool, float]
"""One run's value, whether it failed, and its resolution."""


@dataclass(frozen=True)
class Pairs:
    """n pairs; each array is (n, 2): the loss, the reference."""

    seeds: tuple[int, ...]
    values: Floats
    failed: NDArray[np.bool_]
    """Whether the run diverged, or is censored before the target."""
    resolutions: Floats

    def differences(self, *, is_ratio: bool) -> Floats:
        """Loss minus reference (n,), of the logarithms for a ratio."""
        values = np.log(self.values) if is_ratio else self.values
        differences: Floats = values[:, 0] - values[:, 1]
        return differences

    @property
    def rounding(self) -> float:
        """The standard deviation of a difference's rounding error, uniform over a resolution."""
        return float(np.sqrt(np.square(self.resolutions).sum(axis=1).mean() / 12))


def by_loss(group: pd.DataFrame) -> dict[str, dict[int, Observed]]:
    """Loss → seed → what was observed, from the observations of one metric in one place."""
    found: dict[str, dict[int, Observed]] = {}
    columns = ["loss", "seed", "value", "failed", "resolution"]
    for loss, seed, *observed in group[columns].itertuples(index=False, name=None):
        found.setdefault(loss, {})[int(seed)] = (observed[0], observed[1], observed[2])
    return found


def pair(ours: Mapping[int, Observed], reference: Mapping[int, Observed]) -> Pairs:
    """The seeds that both have, in order."""
    seeds = tuple(sorted(ours.keys() & reference.keys()))
    both = np.array([[ours[seed], reference[seed]] for seed in seeds], float).reshape(-1, 2, 3)
    return Pairs(seeds, both[..., 0], both[..., 1].astype(bool), both[..., 2])


def why_undefined(pairs: Pairs, metric: str) -> str:
    """Why there is no contrast; empty if there is one."""
    if not pairs.seeds:
        return "absent: one of the losses has no runs here"
    missing = np.isnan(pairs.values).any(axis=1)
    if missing.any():
        seeds = ", ".join(str(pairs.seeds[index]) for index in np.flatnonzero(missing))
        diverged = pairs.failed[missing].any(axis=1).all()
        why = "a run diverged" if diverged else _why_no_value(metric)
        return f"undefined: no value for seed {seeds}: {why}"
    if pairs.failed.all():
        outcome = "reached the target" if metric.startswith(TIME) else "ended with a network"
        return f"undefined: no run of either loss {outcome}"
    return ""


def _why_no_value(metric: str) -> str:
    """Why a run that did not diverge can have no value."""
    asks_probabilities = METRICS[metric].question == "probabilities"
    return "the head states no probabilities" if asks_probabilities else "not measurable"
