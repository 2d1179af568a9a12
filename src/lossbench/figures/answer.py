"""The key figure: each loss against cross-entropy, in final error and in steps to the target."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lossbench.figures import forest
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words
from lossbench.figures.panels import heading, losses, places
from lossbench.stats.multiplicity import PRIMARY_METRICS
from lossbench.study.config import Study
from lossbench.words import notes, numbers, phrases
from lossbench.words.findings import select

TEMPLATE = "answer.j2"


def available(tables: Tables) -> bool:
    """Whether there is a contrast of test errors or of steps to a target."""
    return len(_shown(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row of two forests for each comparison: difference in test error, and ratio of steps."""
    rows = _shown(tables)
    shown = places(rows, study)
    orders = [losses(place.rows(rows)) for place in shown]
    figure, axes = forest.grid(orders)
    for line, place, order in zip(axes, shown, orders, strict=True):
        mine = place.rows(rows)
        by_dataset = rows[rows["dataset"] == place.dataset]
        heading(line[0], place.heading)
        forest.draw(line[0], mine[mine["scale"] == "difference"], order, _differences(by_dataset))
        forest.draw(line[1], mine[mine["scale"] == "ratio"], order, _ratios(rows))
        forest.name_rows(line[0], order)
        plain_axis(line[0].xaxis, log=False, scale=100)
        plain_axis(line[1].xaxis, log=True, unit="×")
    axes[-1, 0].set_xlabel("lower ← points of test error → higher")
    axes[-1, 1].set_xlabel("faster ← ratio of steps → slower")
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster and who ends lower."""
    shown = places(_shown(tables), study)
    return {
        "title": phrases.speed_and_error(tables),
        "places": numbers.join([place.heading for place in shown]),
        "level": numbers.percent(study.statistics.level, 0),
    }


def _shown(tables: Tables) -> pd.DataFrame:
    return pd.concat([select(tables, metric) for metric in PRIMARY_METRICS])


def _differences(rows: pd.DataFrame) -> forest.Scale:
    limits = forest.difference_limits(rows[rows["scale"] == "difference"])
    return forest.Scale(0.0, False, limits, forest.points)


def _ratios(rows: pd.DataFrame) -> forest.Scale:
    limits = forest.ratio_limits(rows[rows["scale"] == "ratio"])
    return forest.Scale(1.0, True, limits, _ratio)


def _ratio(row: Any) -> str:
    """The ratio of steps, as a bound where one of the losses missed the target in some run."""
    if np.isnan(row.value):
        return "not reached"
    bound = {"at least ": "≥ ", "at most ": "≤ "}.get(notes.bound(row), "")
    return bound + numbers.ratio(row.value)
