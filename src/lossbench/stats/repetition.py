"""A study made twice: which verdicts its repetition shares, against how many it promised.

The promise is made before the repetition: every verdict's replication probability. Counted over the
verdicts, the number that differ is Poisson-binomial, as if they were independent. Verdicts of one
comparison share runs and are not, so that the true range is somewhat wider.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
import pandas as pd

from lossbench.errors import ConfigError
from lossbench.tables.parquet import check, empty
from lossbench.tables.study import REPETITION

COVERAGE = 0.95
OPPOSITE = {"better": "worse", "worse": "better"}


def repetition(contrasts: pd.DataFrame, again: pd.DataFrame, study: str) -> pd.DataFrame:
    """The REPETITION rows: the contrasts with a verdict in both, of this study and of `study`."""
    judged = contrasts[contrasts["verdict"] != ""]
    said = again.loc[again["verdict"] != "", [*REPETITION.key, "value", "verdict"]]
    both = judged.merge(said, on=list(REPETITION.key), suffixes=("", "_again")).assign(study=study)
    return check(both[list(REPETITION.names)], REPETITION) if len(both) else empty(REPETITION)


def require_other_seeds(metrics: pd.DataFrame, again: pd.DataFrame, study: str) -> None:
    """Raises ConfigError: an evaluation seed stands in both, which would not repeat but copy."""
    seeds, theirs = (
        set(table.loc[table["stage"] == "evaluation", "seed"]) for table in (metrics, again)
    )
    if shared := sorted(seeds & theirs):
        listed = ", ".join(map(str, shared))
        raise ConfigError(
            f"repetition: {study} has evaluation seeds of this study ({listed}); allowed: a study"
            " with other seeds"
        )


@dataclass(frozen=True)
class Promise:
    """How many verdicts of a repetition should differ."""

    verdicts: int
    """Those with a replication probability."""
    expected: float
    low: int
    high: int
    """The ends of the range of that number, at COVERAGE."""

    @classmethod
    def of(cls, replication: "pd.Series[float]") -> Self:
        """From the verdicts' replication probabilities; NaN, where there is none, is left out."""
        chances = 1 - replication.dropna().to_numpy(float)
        # scipy.stats.poisson_binom takes at most 63 of them.
        numbers = reduce(np.convolve, ([1 - each, each] for each in chances), np.ones(1))
        tail = (1 - COVERAGE) / 2
        low, high = np.searchsorted(np.cumsum(numbers), [tail, 1 - tail])
        return cls(len(chances), float(chances.sum()), int(low), int(high))
