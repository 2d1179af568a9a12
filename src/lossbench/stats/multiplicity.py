"""Families of tests, and Holm's correction within each.

A family is a question asked of one comparison. The primary one asks of
`mse_softmax` alone: does its final error, and does its time to the last target, differ from
cross-entropy's? All else is exploratory, one family a question: the final error of the other
losses, times to targets, probabilities, class errors, features; tuned and same-rate apart.
"""

from collections.abc import Hashable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.cards.loss import PRIMARY
from lossbench.cards.metric import METRICS
from lossbench.tables.runs import COMPARISON

Floats = NDArray[np.float64]

LAST_TARGET = 3
"""The hardest target, which carries the verdict on speed."""
ERROR, SPEED = PRIMARY_METRICS = ("error", f"steps_to_target_{LAST_TARGET}")


def holm(p_values: Floats) -> Floats:
    """Holm's step-down adjusted p values (m,). NaN stays NaN and is not counted as a test.

    Rejecting where the result is at most α keeps the chance of any false rejection at most α.
    Source: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def is_primary(rates: str, metric: str, loss: str) -> bool:
    """Whether a contrast belongs to the primary family of its comparison."""
    return rates == "tuned" and loss == PRIMARY and metric in PRIMARY_METRICS


def family(row: pd.Series) -> Hashable:
    """What the contrast in `row` shares with the others of its family."""
    label, metric = row["family"], row["metric"]
    question = label if label == "primary" else METRICS[metric].question or metric
    return *row[list(COMPARISON)], row["rates"], label, question
