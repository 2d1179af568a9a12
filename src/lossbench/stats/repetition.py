"""A study made twice: which verdicts its repetition shares, against how many it promised.

The promise is made before the repetition: every verdict's replication probability. How many differ
depends on how they hang together as well: those of one comparison share cross-entropy's runs. So
there are two ranges, the ends of what may be: as if all verdicts were independent, and as if those
of a comparison turned in the order of their chances, a likelier one before a less likely one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.errors import ConfigError
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import REPETITION

COVERAGE = 0.95
OPPOSITE = {"better": "worse", "worse": "better"}


def repetition(contrasts: pd.DataFrame, again: pd.DataFrame, study: str) -> pd.DataFrame:
    """The REPETITION rows: the contrasts with a verdict in both, of this study and of `study`."""
    judged = contrasts[contrasts["verdict"] != ""]
    said = again.loc[again["verdict"] != "", [*REPETITION.key, "value", "bound", "verdict"]]
    both = judged.merge(said, on=list(REPETITION.key), suffixes=("", "_again")).assign(study=study)
    return check(both[list(REPETITION.names)], REPETITION) if len(both) else empty(REPETITION)


def require_other_seeds(metrics: pd.DataFrame, again: pd.DataFrame, study: str) -> None:
    """Raises ConfigError: both have a seed of one stage, which would not repeat but copy."""
    seeds, theirs = (
        set(zip(table["stage"], table["seed"], strict=True)) for table in (metrics, again)
    )
    for stage in ("tuning", "evaluation"):
        if shared := sorted(seed for at, seed in seeds & theirs if at == stage):
            listed = ", ".join(map(str, shared))
            raise ConfigError(
                f"repetition: {study} has {stage} seeds of this study ({listed}); allowed: a study"
                " with other seeds"
            )


@dataclass(frozen=True)
class Promise:
    """How many verdicts of a repetition should differ."""

    verdicts: int
    """Those with a replication probability."""
    expected: float
    independent: tuple[int, int]
    """The range of that number, at COVERAGE, if verdicts were independent."""
    together: tuple[int, int]
    """The same if the verdicts of a comparison, which share runs, turned together."""

    @classmethod
    def of(cls, judged: pd.DataFrame) -> Self:
        """From rows with the columns COMPARISON and `replication`, NaN for what is left out."""
        known = judged.dropna(subset="replication")
        chances = 1 - known["replication"]
        sharing = [
            rows.to_numpy(float) for _, rows in chances.groupby([known[n] for n in COMPARISON])
        ]
        alone = chances.to_numpy(float)[:, None]
        return cls(len(chances), float(chances.sum()), _range([*alone]), _range(sharing))


def _range(groups: Sequence[NDArray[np.float64]]) -> tuple[int, int]:
    """Of the number of events; within a group of chances one happens if the likelier ones do."""
    # At least k events of a group are as likely as its k-th likeliest.
    each = (-np.diff([1.0, *sorted(chances, reverse=True), 0.0]) for chances in groups)
    tail = (1 - COVERAGE) / 2
    ends = np.searchsorted(np.cumsum(reduce(np.convolve, each, np.ones(1))), [tail, 1 - tail])
    return int(ends[0]), int(ends[1])
