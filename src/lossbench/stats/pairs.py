"""Two losses' values on one metric, paired by seed, and why a pairing can say nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.cards.metric import METRICS

Floats = NDArray[np.float64]
Observed = tuple[float, bool]
"""One run's value, and whether it failed."""
NO_RUNS = "absent: one of the losses has no runs here"


@dataclass(frozen=True)
class Pairs:
    """n pairs; each array is (n, 2): the loss, the reference."""

    seeds: tuple[int, ...]
    values: Floats
    failed: NDArray[np.bool_]
    """Whether the run diverged."""

    @property
    def differences(self) -> Floats:
        """Loss minus reference (n,)."""
        differences: Floats = self.values[:, 0] - self.values[:, 1]
        return differences


def by_loss(group: pd.DataFrame) -> dict[str, dict[int, Observed]]:
    """Loss → seed → what was observed, from the observations of one metric in one place."""
    found: dict[str, dict[int, Observed]] = {}
    columns = ["loss", "seed", "value", "failed"]
    for loss, seed, value, failed in group[columns].itertuples(index=False, name=None):
        found.setdefault(loss, {})[int(seed)] = (value, failed)
    return found


def pair(ours: Mapping[int, Observed], reference: Mapping[int, Observed]) -> Pairs:
    """The seeds that both have, in order."""
    seeds = tuple(sorted(ours.keys() & reference.keys()))
    both = np.array([[ours[seed], reference[seed]] for seed in seeds], float).reshape(-1, 2, 2)
    return Pairs(seeds, both[..., 0], both[..., 1].astype(bool))


def why_undefined(pairs: Pairs, metric: str) -> str:
    """Why there is no contrast; empty if there is one."""
    if not pairs.seeds:
        return NO_RUNS
    missing = np.isnan(pairs.values).any(axis=1)
    if missing.any():
        seeds = ", ".join(str(pairs.seeds[index]) for index in np.flatnonzero(missing))
        diverged = pairs.failed[missing].any(axis=1).all()
        why = "a run diverged" if diverged else _why_no_value(metric)
        return f"undefined: no value for seed {seeds}: {why}"
    if pairs.failed.all():
        return "undefined: no run of either loss ended with a network"
    return ""


def _why_no_value(metric: str) -> str:
    """Why a run that did not diverge can have no value."""
    asks_probabilities = METRICS[metric].question == "probabilities"
    return "the head states no probabilities" if asks_probabilities else "not measurable"
