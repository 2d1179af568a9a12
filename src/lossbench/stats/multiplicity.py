"""Families of tests, and Holm's correction within each.

A family is a question asked of one network on one data set. The primary one asks of
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

Floats = NDArray[np.float64]

LAST_TARGET = 3
"""The hardest target, which carries the verdict on speed."""
ERROR, SPEED = PRIMARY_METRICS = ("error", f"steps_to_target_{LAST_TARGET}")


def holm(p_values: Floats) -> Floats:
    """Holm's step-down adjusted p values along the last axis (…, m). NaN stays and is no test.

    Rejecting where the result is at most α keeps the chance of any false rejection at most α.
    Source: Holm 1979, A Simple Sequentially Rejective Multiple Test Procedure.
    """
    order = np.argsort(p_values, axis=-1, kind="stable")  # NaN comes last
    ranked = np.take_along_axis(p_values, order, axis=-1)
    tests = (~np.isnan(p_values)).sum(axis=-1, keepdims=True)
    factors = tests - np.arange(p_values.shape[-1])
    adjusted = np.empty_like(ranked)
    stepped = np.minimum(1.0, np.maximum.accumulate(factors * ranked, axis=-1))
    np.put_along_axis(adjusted, order, stepped, axis=-1)
    return adjusted


def is_primary(rates: str, metric: str, loss: str) -> bool:
    """Whether a contrast belongs to the primary family of its data set and network."""
    return rates == "tuned" and loss == PRIMARY and metric in PRIMARY_METRICS


def family(row: pd.Series) -> Hashable:
    """What the contrast in `row` shares with the others of its family."""
    label, metric = row["family"], row["metric"]
    question = label if label == "primary" else METRICS[metric].question or metric
    return row["dataset"], row["model"], row["rates"], label, question
