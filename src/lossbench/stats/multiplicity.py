"""Families of tests, and Holm's correction within each.

The primary question asks of `mse_softmax` alone, on every network: does its final error differ
from cross-entropy's, and does its speed? Each is asked of one comparison per network and is a
family over the whole study. All else is exploratory: a family is a question asked in one comparison
(the final error of the other losses, their speed, their reach, probabilities, features), tuned and
same-rate apart. What the page asks nothing about is in no family: an estimate with an interval.
"""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossbench.cards.loss import PRIMARY
from lossbench.cards.metric import METRICS
from lossbench.study.config import Study
from lossbench.tables.runs import COMPARISON

Floats = NDArray[np.float64]
Place = tuple[str, str, str, int]
"""Data set, network, recipe, length."""

ERROR, SPEED = PRIMARY_METRICS = ("error", "speed")


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


def main_places(study: Study) -> dict[str, set[Place]]:
    """For `error` and `speed`: the comparison that answers for each network.

    The first that the study lists whose recipe is tuned for the question, or else the first.
    """
    found: dict[str, set[Place]] = {}
    for goal in PRIMARY_METRICS:
        fitting = [
            each for each in study.comparisons if study.recipe(each.recipe).tuned_for == goal
        ]
        first: dict[tuple[str, str], Place] = {}
        for each in (*fitting, *study.comparisons):
            place = (each.dataset, each.model, each.recipe, each.epochs)
            first.setdefault((each.dataset, each.model), place)
        found[goal] = set(first.values())
    return found


def is_main(contrast: Mapping[str, Any], main: Mapping[str, set[Place]]) -> bool:
    """Whether the contrast's comparison answers for its network."""
    goal = SPEED if contrast["metric"] in (SPEED, "reach") else ERROR
    return tuple(contrast[name] for name in COMPARISON) in main[goal]


def label(contrast: Mapping[str, Any], *, main: bool) -> str:
    """`primary` or `exploratory`; empty where the page asks nothing of the metric."""
    rates, metric, loss = (contrast[name] for name in ("rates", "metric", "loss"))
    if not METRICS[metric].is_asked:
        return ""
    is_primary = main and rates == "tuned" and loss == PRIMARY and metric in PRIMARY_METRICS
    return "primary" if is_primary else "exploratory"


def family(contrast: Mapping[str, Any]) -> Hashable:
    """What a contrast shares with the others of its family."""
    metric = contrast["metric"]
    if contrast["family"] == "primary":
        return "primary", metric
    place = tuple(contrast[name] for name in COMPARISON)
    return contrast["family"], contrast["rates"], METRICS[metric].question or metric, place
