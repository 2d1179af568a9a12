"""The key figure: each loss against cross-entropy, in final error and in steps to the target."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lossbench.figures import findings, forest
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import heading, losses, places
from lossbench.study.config import Study
from lossbench.words import numbers

TEMPLATE = "answer.j2"


def available(tables: Tables) -> bool:
    """Whether there is a contrast of test errors or of steps to a target."""
    return "contrasts" in tables and len(_shown(tables["contrasts"])) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row of two forests for each network: difference in test error, and ratio of steps."""
    rows = _shown(tables["contrasts"])
    shown = places(rows, study)
    orders = [losses(place.rows(rows)) for place in shown]
    figure, axes = forest.grid(orders)
    for line, place, order in zip(axes, shown, orders, strict=True):
        mine = place.rows(rows)
        by_dataset = rows[rows["dataset"] == place.dataset]
        heading(line[0], place.heading)
        forest.draw(line[0], mine[mine["scale"] == "difference"], order, _differences(by_dataset))
        forest.draw(line[1], mine[mine["scale"] == "ratio"], order, _ratios(rows, tables))
        forest.name_rows(line[0], order)
        plain_axis(line[0].xaxis, log=False, scale=100)
        plain_axis(line[1].xaxis, log=True, unit="×")
    axes[-1, 0].set_xlabel("lower ← points of test error → higher")
    axes[-1, 1].set_xlabel("faster ← ratio of steps → slower")
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster and who ends lower."""
    contrasts = tables["contrasts"]
    return {
        "title": findings.speed_and_error(contrasts, study),
        "places": numbers.join([place.heading for place in places(_shown(contrasts), study)]),
        "level": numbers.percent(study.statistics.level, 0),
    }


def _shown(contrasts: pd.DataFrame) -> pd.DataFrame:
    steps = findings.select(contrasts, findings.last_target(contrasts))
    return pd.concat([findings.select(contrasts, "error"), steps])


def _differences(rows: pd.DataFrame) -> forest.Scale:
    limits = forest.difference_limits(rows[rows["scale"] == "difference"])
    return forest.Scale(0.0, False, limits, forest.points)


def _ratios(rows: pd.DataFrame, tables: Tables) -> forest.Scale:
    limits = forest.ratio_limits(rows[rows["scale"] == "ratio"])
    return forest.Scale(1.0, True, limits, partial(_ratio, short=_short_of_target(tables)))


def _ratio(row: Any, short: set[tuple[str, str, str]]) -> str:
    """The ratio of steps, as a bound where the loss alone missed the target in some run."""
    if np.isnan(row.value):
        return "not reached"
    ours, theirs = ((row.dataset, row.model, loss) in short for loss in (row.loss, row.reference))
    bound = "≥ " if ours and not theirs else "≤ " if theirs and not ours else ""
    return bound + numbers.ratio(row.value)


def _short_of_target(tables: Tables) -> set[tuple[str, str, str]]:
    """Data set, network and loss of which some run never reached the last target."""
    if not filled("survival")(tables):
        return set()
    survival = tables["survival"]
    last = survival[survival["target"] == survival["target"].max()]
    last = last[last["reach_rate"] < 1]
    return set(zip(last["dataset"], last["model"], last["loss"], strict=True))
