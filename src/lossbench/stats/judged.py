"""Verdicts on a study's contrasts, family by family, each with its chance to come back."""

import zlib
from typing import Any

import numpy as np
import pandas as pd

from lossbench.cards.metric import METRICS
from lossbench.stats.multiplicity import family, holm
from lossbench.stats.replication import OPEN, Family, replication
from lossbench.stats.verdicts import decide, within
from lossbench.study.settings import Statistics
from lossbench.tables.parquet import check
from lossbench.tables.study import CONTRASTS

SIGNS = {"at least": 1, "at most": -1, "within the budget": OPEN}
"""Of the logarithm of a ratio of steps, where its bound leaves a clear verdict."""


def judged(table: pd.DataFrame, statistics: Statistics) -> pd.DataFrame:
    """The CONTRASTS of rows without `p_adjusted`, `verdict` and `replication`.

    `mean` is what is judged: the value, or its logarithm for a ratio. A row that no question asks
    for has an interval and nothing else. A contrast without any spread is judged by the sign-flip
    test, unless nothing differs at all.
    """
    is_asked = table["family"] != ""
    without_spread = table["p_value"].where(table["mean"] != 0)
    carrying = table["t_p_value"].fillna(without_spread).where(is_asked)
    table["p_adjusted"], table["replication"] = np.nan, np.nan
    for names, rows in table[is_asked].groupby(table.apply(family, axis=1)):
        table.loc[rows.index, "p_adjusted"] = holm(carrying[rows.index].to_numpy())
        rng = np.random.default_rng(zlib.crc32(str(names).encode()))
        again = replication(_family(rows), level=statistics.level, rng=rng)
        table.loc[rows.index, "replication"] = again
    table.loc[~is_asked, ["p_value", "t_p_value"]] = np.nan
    table["verdict"] = [_verdict(row, statistics) for row in table.itertuples()]
    return check(table.drop(columns="mean"), CONTRASTS)


def _family(rows: pd.DataFrame) -> Family:
    errors = rows["standard_error"].where(rows["standard_error"] > 0)
    return Family(
        rows["mean"].to_numpy(float),
        errors.to_numpy(float),
        rows["df"].to_numpy(float),
        _margins(rows).to_numpy(float),
        rows["bound"].map(SIGNS).to_numpy(float),
    )


def _margins(rows: pd.DataFrame) -> "pd.Series[float]":
    """On the scale on which contrasts are judged."""
    margins: pd.Series[float] = rows["margin"].where(rows["scale"] != "reach")
    return margins.where(rows["scale"] != "ratio", np.log1p(margins))


def _verdict(row: Any, statistics: Statistics) -> str:
    if row.family == "":
        return ""
    is_ratio = row.scale == "ratio"
    ends = np.array([row.equivalence_low, row.equivalence_high])
    verdict = decide(
        row.mean,
        row.p_adjusted,
        np.log(ends) if is_ratio else ends,
        direction=METRICS[row.metric].direction,
        alpha=1 - statistics.level,
        margin=np.log1p(row.margin) if is_ratio else row.margin,
    )
    return within(row.bound, verdict)
