"""The key figure: each loss against cross-entropy, in final error and in steps to the target."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, theme
from lossbench.figures.layout import losses, places, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.stats.multiplicity import LAST_TARGET, PRIMARY_METRICS
from lossbench.study.config import Study
from lossbench.words import names, numbers, phrases
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
        forest.draw(line[1], mine[mine["scale"] == "ratio"], order, _ratios(rows, tables))
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
    last = survival[survival["target"] == LAST_TARGET]
    last = last[last["reach_rate"] < 1]
    return set(zip(last["dataset"], last["model"], last["loss"], strict=True))


ANSWER_FIGURES: dict[str, FigureSpec] = {
    "answer": FigureSpec(
        "answer",
        section="answer",
        draw=draw,
        describe=describe,
        sources=("contrasts", "survival"),
        available=available,
    ),
}
"""The figures of the answer section."""
