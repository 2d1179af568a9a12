"""The key figure: each loss against cross-entropy, in final error and in steps to the target."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, theme
from lossbench.figures.layout import losses, places, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables
from lossbench.stats.multiplicity import PRIMARY_METRICS
from lossbench.study.config import Study
from lossbench.words import names, notes, numbers, phrases
from lossbench.words.findings import select


def available(tables: Tables) -> bool:
    """Whether there is a contrast of test errors or of steps to a target."""
    return len(_shown(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row of two forests for each network: difference in test error, and ratio of steps."""
    rows = _shown(tables)
    shown = places(rows, study)
    orders = [losses(place.rows(rows)) for place in shown]
    figure, axes = forest.panels(orders)
    for line, place, order in zip(axes, shown, orders, strict=True):
        mine = place.rows(rows)
        by_dataset = rows[rows["dataset"] == place.dataset]
        theme.heading(line[0], place.heading)
        forest.draw(line[0], mine[mine["scale"] == "difference"], order, _differences(by_dataset))
        forest.draw(line[1], mine[mine["scale"] == "ratio"], order, _ratios(rows))
        forest.name_rows(line[0], order)
        plain_axis(line[0].xaxis, log=False, scale=100)
        plain_axis(line[1].xaxis, log=True, unit="×")
    axes[-1, 0].set_xlabel("lower ← points of test error → higher")
    axes[-1, 1].set_xlabel("faster ← ratio of steps → slower")
    return figure


def describe(tables: Tables, study: Study) -> Description:
    """Who learns faster and who ends lower."""
    title = phrases.speed_and_error(tables)
    shown = [place.heading for place in places(_shown(tables), study)]
    level = study.statistics.level
    return Description(
        title=title,
        subtitle=(
            f"Each loss against {names.in_sentence(REFERENCE)} (the vertical line), paired by "
            f"seed: mean and {level:.0%} interval. Left: test error. Right: steps to the last "
            "target. Grey: the band of equivalence. A hollow mark is undecided; an arrow points "
            "to a value off the scale."
        ),
        alt=f"Forest plot for {numbers.join(shown)}. {title}.",
        caption=(
            "Left of the line a loss does better. Each loss trains at its own tuned learning "
            "rate; the last target is the validation error that the weaker of the primary pair "
            "reaches in its median tuned run. A run that never gets there counts with its whole "
            "budget, which makes the ratio a bound: ≥ where the loss has such runs, ≤ where "
            f"{names.in_sentence(REFERENCE)} has."
        ),
    )


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


ANSWER_FIGURES: dict[str, FigureSpec] = {
    "answer": FigureSpec(
        "answer",
        section="answer",
        draw=draw,
        describe=describe,
        sources=("contrasts", "times_to_target"),
        available=available,
    ),
}
"""The figures of the answer section."""
