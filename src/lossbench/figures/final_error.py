"""Where each loss ends: every run's test error, and the paired differences."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, palette, theme
from lossbench.figures.axes import percent_axis, positive
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.hover import say
from lossbench.figures.panels import focus, heading, losses, main
from lossbench.figures.strips import strips
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.rows import rows_of
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find, select
from lossbench.words.questions import ERROR

TEMPLATE = "final_error.j2"


def available(tables: Tables) -> bool:
    """Whether a test error was measured."""
    return filled("metrics")(tables) and len(_test_errors(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: every run's error, and its difference to the reference's."""
    errors, contrasts = _test_errors(tables), select(tables, ERROR.metric)
    shown = main(errors, study)
    orders = [losses(place.rows(errors)) for place in shown]
    figure, axes = forest.grid(orders)
    for line, place, order in zip(axes, shown, orders, strict=True):
        mine, compared = place.rows(errors), place.rows(contrasts)
        heading(line[0], place.heading)
        _runs(line[0], mine, order)
        scale = forest.differences(compared, focus(compared))
        forest.draw(line[1], compared, order, scale)
        _pairs(line[1], mine, order, scale.limits)
        forest.name_rows(line[0], order)
    axes[-1, 0].set_xlabel("test error of each run")
    axes[-1, 1].set_xlabel(f"difference to {names.in_sentence(REFERENCE)}, percentage points")
    return figure


def words(tables: Tables, study: Study) -> Words:
    """How the test error of the loss in focus compares."""
    found = phrases.title(find(tables, ERROR)) if filled("contrasts")(tables) else ""
    return {
        "title": found or "The test error of every run",
        "level": numbers.percent(study.statistics.level, 0),
    }


def _test_errors(tables: Tables) -> pd.DataFrame:
    """The test error of every evaluation run."""
    return rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")


def _runs(axes: Axes, errors: pd.DataFrame, order: Sequence[LossName]) -> None:
    points = errors.assign(value=positive(errors["value"]), row=errors["loss"].map(order.index))
    strips(axes, points, order)
    for _, run in points.sort_values("row").groupby("seed"):
        axes.plot(run["value"], run["row"], color=palette.RULE.light, linewidth=0.7, zorder=1)
    axes.set_xscale("log")
    percent_axis(axes.xaxis, log=True)
    if (errors["value"] == 0).any():  # which are drawn elsewhere
        axes.fmt_xdata = None


def _pairs(
    axes: Axes, errors: pd.DataFrame, order: Sequence[LossName], limits: tuple[float, float]
) -> None:
    """Each seed's difference, small, just under the row's mean; arrows for those off the scale."""
    wide = errors.pivot(index="seed", columns="loss", values="value")
    if REFERENCE not in wide:
        return
    differences = wide.sub(wide[REFERENCE], axis=0).drop(columns=REFERENCE)
    low, high = limits
    for loss, values in differences.items():
        y = order.index(loss) + 0.3
        look: dict[str, Any] = {"color": theme.colors()[loss], "markeredgewidth": 0}
        shown = values[values.between(low, high)]
        axes.plot(shown, [y] * len(shown), "o", markersize=2, **look)
        for end, marker, beyond in ((low, "<", values < low), (high, ">", values > high)):
            if beyond.any():
                (arrow,) = axes.plot(end, y, marker, markersize=3, clip_on=False, **look)
                say(arrow, ", ".join(map(numbers.points, sorted(values[beyond]))))
